package transport

import "time"

// Times of a link.
const (
	// keepAlive is how often an idle agent sends a packet. NAT tables of home
	// routers forget UDP after 30 s; and it bounds how long a dead path can go
	// unnoticed. The broker's own is longer, so that of two idle ends one speaks.
	keepAlive       = 4 * time.Second
	serverKeepAlive = 7 * time.Second
	// idleTimeout ends a link whose peer is silent: a flap of 10 s right before
	// a keep-alive still survives, a dead peer is gone within 15 s.
	idleTimeout = 15 * time.Second
	// handshakeIdle ends a handshake that does not move.
	handshakeIdle = 5 * time.Second
	// dialTimeout bounds one attempt on one transport, all round trips together.
	dialTimeout = 10 * time.Second
	// resolveTimeout bounds looking up the broker's name before QUIC starts; a
	// proxy may know it when we do not.
	resolveTimeout = 3 * time.Second
	// wssDelay is the head start of QUIC: longer than a QUIC handshake on most
	// paths, short enough for a first frame in 2 s where UDP is blocked.
	wssDelay = 300 * time.Millisecond
	// familyDelay is the head start of a broker's first address over one of the
	// other IP version (RFC 8305, 8: 250 ms; here before wssDelay).
	familyDelay = 150 * time.Millisecond
	// prefaceTimeout is for the 21 bytes that a peer sends with opening a stream;
	// it outlasts a short loss of the path.
	prefaceTimeout = 10 * time.Second
	// closeLinger is how long Close waits for the peer to have read the cause.
	closeLinger = time.Second
	// acceptPause is how long a listener that has no descriptors left waits.
	acceptPause = 50 * time.Millisecond
	// muxKeepAlive and muxWriteTimeout together bound how long a dead TCP peer
	// goes unnoticed: the same 15 s as with QUIC.
	muxKeepAlive    = 5 * time.Second
	muxWriteTimeout = 10 * time.Second
)

// Sizes of a link.
const (
	// strangerStreamWindow and strangerWindow bound what a peer of whom only the
	// key is known can make a broker hold: a hello is under 8 KiB.
	strangerStreamWindow = 64 << 10
	strangerWindow       = 96 << 10
	// brokerStreamWindow and brokerWindow bound what an admitted agent can: three
	// updates in flight, one of them the largest (wire.MaxMediaPayload).
	brokerStreamWindow = 2 << 20
	brokerWindow       = 3 << 20
	// agentStreamWindow and agentWindow bound what a broker can make an agent
	// hold: control and input messages only.
	agentStreamWindow = 256 << 10
	agentWindow       = 512 << 10
	// muxWindow is the window of a stream on WSS; 512 KiB carry 14 Mbit/s at
	// 300 ms. yamux knows no window of the connection.
	muxWindow = 512 << 10
	// muxBacklog is how many streams may wait for Accept.
	muxBacklog = 8
	// muxMaxStreams is more than a peer that keeps to MaxStreams can bring about:
	// both sides' streams, and as many that are being reset.
	muxMaxStreams = 4 * MaxStreams
	// muxChunk is the most that a stream writes at once, so that streams take
	// turns; with its headers it fills a TLS record.
	muxChunk = 16<<10 - 64
	// maxUpgradeHead bounds the HTTP request of an agent, which is under 300 bytes.
	maxUpgradeHead = 4 << 10
	// maxUniStreams is what a browser's HTTP/3 needs (control and two of QPACK)
	// and some to spare. Links have none.
	maxUniStreams = 8
)

// Budgets of a server for peers that have not finished their handshake.
const (
	// maxStrangers bounds all of them: about 100 KiB each.
	maxStrangers = 1024
	// maxStrangersPerNet bounds one IPv4 address or IPv6 /64: an office behind
	// one address that comes back after an outage.
	maxStrangersPerNet = 128
	// retryStrangers and retryPerNet are from where on QUIC clients must first
	// prove their address, which costs them a round trip.
	retryStrangers = 256
	retryPerNet    = 16
	// acceptQueue is how many finished connections may wait for the server's
	// user; beyond that a link is told to come back, so the loop never stops.
	acceptQueue = 256
	// busyRetry is what it is told, and what a planned restart tells all.
	busyRetry = 5 * time.Second
)
