package words

// IDs of the chat.
const (
	MenuChat    ID = "chat"
	ChatTitle   ID = "chat.title"
	ChatYou     ID = "chat.you"
	ChatSend    ID = "chat.send"
	ChatHere    ID = "chat.here"
	ChatGoOn    ID = "chat.go_on"
	ChatOffline ID = "chat.offline"
	ChatWait    ID = "chat.wait"
	ChatButton  ID = "chat.button"
	ChatUnread  ID = "chat.unread"
	ChatWrites  ID = "chat.writes"
	ChatWriting ID = "chat.writing"
)

func chatText(id ID) text {
	switch id {
	case MenuChat:
		return text{"C&hat…", "&Chat…", "&Chat…"}
	case ChatTitle:
		return text{"Chat", "Chat", "Chat"}
	case ChatYou:
		return text{"You", "Sie", "Vous"}
	case ChatSend:
		return text{"Send", "Senden", "Envoyer"}
	case ChatHere:
		return text{"Click here to write", "Zum Schreiben hier klicken", "Cliquez ici pour écrire"}
	case ChatGoOn:
		return text{"Click to go on writing.", "Zum Weiterschreiben klicken.", "Cliquez pour continuer d’écrire."}
	case ChatOffline:
		return text{"Not connected: messages can be sent later.", "Nicht verbunden: Nachrichten gehen später wieder.", "Non connecté : les messages pourront partir plus tard."}
	case ChatWait:
		return text{"Please wait a moment before you send more.", "Bitte warten Sie kurz, bevor Sie mehr senden.", "Veuillez patienter un instant avant d’envoyer la suite."}
	case ChatButton:
		return text{"Chat", "Chat", "Chat"}
	case ChatUnread:
		return text{"Chat (%d)", "Chat (%d)", "Chat (%d)"}
	case ChatWrites:
		return text{"%s is writing…", "%s schreibt…", "%s écrit…"}
	case ChatWriting:
		return text{"Several people are writing…", "Mehrere schreiben…", "Plusieurs personnes écrivent…"}
	default:
		return text{}
	}
}
