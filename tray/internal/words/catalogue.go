package words

// IDs of the menu. An ampersand marks the access key of an item.
const (
	MenuSupport ID = "remote_support"
	MenuCancel  ID = "cancel_request"
	MenuEnd     ID = "end_session"
	MenuAbout   ID = "about"
)

// IDs of the line that says how things stand.
const (
	NotConnected    ID = "status.not_connected"
	Connecting      ID = "status.connecting"
	Ready           ID = "status.ready"
	ReadyBy         ID = "status.ready_by"
	NotSetUp        ID = "status.not_set_up"
	Refused         ID = "status.refused"
	SwitchedOff     ID = "status.off"
	IsConnected     ID = "status.connected"
	AreConnected    ID = "status.connected_all"
	RequestWaits    ID = "status.request_waits"
	RequestApproved ID = "status.request_approved"
	RequestDenied   ID = "status.request_denied"
	AboutText       ID = "about.text"
	AboutOrg        ID = "about.organisation"
	AboutServer     ID = "about.server"
)

// text has the languages in the order of Languages.
type text [3]string

func catalogue(id ID) (t text, known bool) {
	for _, part := range []func(ID) text{menuText, statusText, noticeText, consentText, formText, bannerText, chatText, pinText, restartText, elevateText, adhocText, buttonText, fileText} {
		if t = part(id); t[0] != "" {
			return t, true
		}
	}
	return text{}, false
}

func menuText(id ID) text {
	switch id {
	case MenuSupport:
		return text{"&Remote Support…", "&Hilfe anfordern…", "&Demander de l’aide…"}
	case MenuCancel:
		return text{"&Cancel the request", "Anfrage &zurückziehen", "Ann&uler la demande"}
	case MenuEnd:
		return text{"&End session", "&Sitzung beenden", "&Terminer la session"}
	case MenuAbout:
		return text{"&About Alongside", "Ü&ber Alongside", "À &propos d’Alongside"}
	default:
		return text{}
	}
}

func statusText(id ID) text {
	switch id {
	case NotConnected:
		return text{"Not connected", "Nicht verbunden", "Non connecté"}
	case Connecting:
		return text{"Connecting…", "Verbindung wird hergestellt…", "Connexion…"}
	case Ready:
		return text{"Ready for support", "Bereit für Hilfe", "Prêt pour l’assistance"}
	case ReadyBy:
		return text{"Ready for support by %s", "Bereit für Hilfe durch %s", "Prêt pour l’assistance par %s"}
	case NotSetUp:
		return text{"Not set up", "Nicht eingerichtet", "Non configuré"}
	case Refused:
		return text{"Refused by the support server", "Vom Supportserver abgewiesen", "Refusé par le serveur d’assistance"}
	case SwitchedOff:
		return text{"Remote support is switched off", "Fernhilfe ist ausgeschaltet", "L’assistance à distance est désactivée"}
	case IsConnected:
		return text{"%s is connected", "%s ist verbunden", "%s est connecté"}
	case AreConnected:
		return text{"%s are connected", "%s sind verbunden", "%s sont connectés"}
	case RequestWaits:
		return text{"Your request is waiting for an answer", "Ihre Anfrage wartet auf Antwort", "Votre demande attend une réponse"}
	case RequestApproved:
		return text{"Your request was approved", "Ihre Anfrage wurde angenommen", "Votre demande a été acceptée"}
	case RequestDenied:
		return text{"Your request was denied", "Ihre Anfrage wurde abgelehnt", "Votre demande a été refusée"}
	case AboutText:
		return text{
			"Remote support. Nobody sees this screen unless you say yes, or a rule of this machine's administrator says so.",
			"Fernhilfe. Niemand sieht diesen Bildschirm, wenn Sie nicht zustimmen oder eine Regel der Verwaltung dieses Rechners es erlaubt.",
			"Assistance à distance. Personne ne voit cet écran sans votre accord ou une règle de l’administrateur de cette machine.",
		}
	case AboutOrg:
		return text{"Organisation: %s", "Organisation: %s", "Organisation : %s"}
	case AboutServer:
		return text{"Server: %s", "Server: %s", "Serveur : %s"}
	default:
		return text{}
	}
}
