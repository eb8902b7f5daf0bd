package words

// IDs of Support Buttons.
const (
	ButtonOfflineTitle ID = "button.offline_title"
	ButtonOffline      ID = "button.offline"
	ButtonNoService    ID = "button.no_service"
	ButtonExpiredTitle ID = "button.expired_title"
	ButtonExpired      ID = "button.expired"
	ButtonGoneTitle    ID = "button.gone_title"
	ButtonGone         ID = "button.gone"
)

func buttonText(id ID) text {
	switch id {
	case ButtonOfflineTitle:
		return text{"No connection", "Keine Verbindung", "Pas de connexion"}
	case ButtonOffline:
		return text{
			"There is no connection to support right now, so nothing was sent.\nCheck the network cable or the Wi-Fi, wait a minute and use the button again. If that does not help, call your support.",
			"Gerade besteht keine Verbindung zur Hilfe, deshalb wurde nichts gesendet.\nPrüfen Sie Netzwerkkabel oder WLAN, warten Sie eine Minute und benutzen Sie den Knopf noch einmal. Hilft das nicht, rufen Sie Ihre Hilfe an.",
			"Il n’y a pas de connexion à l’assistance pour le moment : rien n’a été envoyé.\nVérifiez le câble réseau ou le Wi-Fi, attendez une minute et utilisez le bouton à nouveau. Sinon, appelez votre assistance.",
		}
	case ButtonNoService:
		return text{
			"The support program on this computer is not running, so nothing was sent.\nRestart the computer and use the button again. If that does not help, call your support.",
			"Das Hilfeprogramm auf diesem Rechner läuft nicht, deshalb wurde nichts gesendet.\nStarten Sie den Rechner neu und benutzen Sie den Knopf noch einmal. Hilft das nicht, rufen Sie Ihre Hilfe an.",
			"Le programme d’assistance de cet ordinateur n’est pas lancé : rien n’a été envoyé.\nRedémarrez l’ordinateur et utilisez le bouton à nouveau. Sinon, appelez votre assistance.",
		}
	case ButtonExpiredTitle:
		return text{"Button expired", "Knopf abgelaufen", "Bouton expiré"}
	case ButtonExpired:
		return text{
			"The time of this support button is over, so it starts no sessions any more.\nPlease call your support; they can give you a new one.",
			"Die Zeit dieses Hilfeknopfs ist um, er startet keine Sitzungen mehr.\nBitte rufen Sie Ihre Hilfe an; dort bekommen Sie einen neuen.",
			"Ce bouton d’assistance a expiré et ne démarre plus de session.\nAppelez votre assistance ; elle peut vous en donner un nouveau.",
		}
	case ButtonGoneTitle:
		return text{"Button removed", "Knopf entfernt", "Bouton retiré"}
	case ButtonGone:
		return text{
			"This support button was removed, so it starts no sessions any more. You may delete the icon.",
			"Dieser Hilfeknopf wurde entfernt und startet keine Sitzungen mehr. Sie können das Symbol löschen.",
			"Ce bouton d’assistance a été retiré et ne démarre plus de session. Vous pouvez supprimer l’icône.",
		}
	default:
		return text{}
	}
}
