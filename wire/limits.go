package wire

// Limits of the protocol. A message beyond one is malformed and ends its stream.
const (
	// Version is the newest protocol version this code speaks, VersionMin the oldest.
	Version    = 1
	VersionMin = 1

	// MaxControl is the largest control message in bytes. The largest real one
	// is a capability report of many monitors, about 4 KiB.
	MaxControl = 64 << 10
	// MaxMediaPayload is the largest payload of a media message in bytes. It is
	// a multiple of what an update needs (see encode), so that one message never
	// holds up the input behind it for long.
	MaxMediaPayload = 1 << 20
	// MaxCanvas is the largest width and height of a canvas in pixels and
	// MaxCanvasPixels its largest area (64 MP, two 8K monitors).
	MaxCanvas       = 16384
	MaxCanvasPixels = 64 << 20
	// MaxOpPixels is the most pixels that one operation's data decodes to (4 MP,
	// 12 MiB of RGB): what a viewer must be able to hold beside the canvas.
	MaxOpPixels = 4 << 20
	// MaxPaints bounds what one update paints, all rectangles of its operations
	// together, as a multiple of the canvas: a copy of the whole canvas is a few
	// bytes, and a message of nothing else would be an hour of work.
	MaxPaints = 16
	// MaxRects is the most rectangles in one operation.
	MaxRects = 4096
	// MaxCursor is the largest width and height of a cursor shape in pixels.
	MaxCursor = 256
	// MaxTables bounds the numbers of tables: what a viewer keeps of one epoch.
	MaxTables = 16
	// MaxTableBytes is the largest data of one table. Four quantisers and four
	// codes of a JPEG, with every value they can have, are 1.2 KiB.
	MaxTableBytes = 4 << 10
	// MaxPhotoScale is how many times smaller than its rectangle a photo may be.
	MaxPhotoScale = 8
	// MaxCacheSlots bounds the slot numbers of cached tiles.
	MaxCacheSlots = 1 << 16
	// MaxInputEvents is the most events in one input message.
	MaxInputEvents = 512
	// MaxInputText is the longest text of one input event in bytes.
	MaxInputText = 1024
	// MaxClipboard is the longest text of the clipboard in bytes.
	MaxClipboard = 1 << 20
	// MaxText is the longest free text in a control message in bytes
	// (chat message, reason, detail); MaxName the longest name.
	MaxText = 8 << 10
	MaxName = 256
	// MaxButtons is the most Support Buttons of a device, MaxButtonIcon the size of
	// an icon in bytes and MaxButtonSide in pixels: a set of them with everything
	// that it may have is below MaxControl.
	MaxButtons        = 8
	MaxButtonTitle    = 64
	MaxButtonGreeting = 1 << 10
	MaxButtonIcon     = 6 << 10
	MaxButtonSide     = 256
	// MaxElevations is how often elevation may be tried in a session. MaxSealed is the
	// largest sealed value: a name and a password, each of at most MaxName bytes.
	MaxElevations = 3
	MaxSealed     = 1 << 10
	// MaxDisks and MaxAddresses are how many of either a MachineInfo has: one with
	// everything as long as it may be is below MaxControl.
	MaxDisks     = 32
	MaxAddresses = 64
	// MaxJumpKeys is the most passkeys of a jump lock, MaxJumpKey the size of one's public
	// key in bytes and MaxJumpProof that of each part of a proof: an order with as many
	// of them is below MaxControl.
	MaxJumpKeys  = 16
	MaxJumpKey   = 1 << 10
	MaxJumpProof = 4 << 10
	// MaxFile is the largest file that is transferred, in bytes, MaxFileChunk the most of
	// it in one message and FileWindow the most that is under way without an answer: on
	// a path of 100 ms that is 7 MB a second.
	MaxFile      = 8 << 30
	MaxFileChunk = 48 << 10
	FileWindow   = 16 * MaxFileChunk
	// SessionIDSize is the length of a session id and of every other random id.
	SessionIDSize = 16
	// HeartbeatPadding makes a heartbeat's packet large enough for a QUIC
	// stateless reset to answer it (RFC 9000, 10.3: the reset must be shorter
	// than the packet that triggers it).
	HeartbeatPadding = 64
)
