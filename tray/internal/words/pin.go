package words

// IDs of the question whether a computer is pinned.
const (
	AskPin         ID = "pin.ask"
	WishPinUser    ID = "pin.wish_user"
	WishPinService ID = "pin.wish_service"
	PinForRep      ID = "pin.for_rep"
	PinForGroup    ID = "pin.for_group"
	PinUntil       ID = "pin.until"
	PinHint        ID = "pin.hint"
)

func pinText(id ID) text {
	switch id {
	case AskPin:
		return text{"Keep this computer reachable?", "Diesen Rechner erreichbar halten?", "Garder cet ordinateur joignable ?"}
	case WishPinUser:
		return text{
			"wants to keep this computer reachable after this session: the program is installed for you and starts when you sign in.",
			"möchte diesen Rechner nach dieser Sitzung erreichbar halten: Das Programm wird für Sie installiert und startet, wenn Sie sich anmelden.",
			"veut garder cet ordinateur joignable après cette session : le programme est installé pour vous et démarre à votre connexion.",
		}
	case WishPinService:
		return text{
			"wants to keep this computer reachable after this session, also when nobody is signed in.",
			"möchte diesen Rechner nach dieser Sitzung erreichbar halten, auch wenn niemand angemeldet ist.",
			"veut garder cet ordinateur joignable après cette session, même si personne n’est connecté.",
		}
	case PinForRep:
		return text{"For this person alone.", "Nur für diese Person.", "Pour cette personne seulement."}
	case PinForGroup:
		return text{"For the group: %s", "Für die Gruppe: %s", "Pour le groupe : %s"}
	case PinUntil:
		return text{"Until %s.", "Bis %s.", "Jusqu’au %s."}
	case PinHint:
		return text{
			"Whoever comes is shown in the bar at the top of the screen, and Done ends it. Support can remove it again.",
			"Wer kommt, steht in der Leiste oben am Bildschirm, und Fertig beendet es. Der Support kann es wieder entfernen.",
			"Qui vient est affiché dans la barre en haut de l’écran, et Terminer y met fin. L’assistance peut le retirer.",
		}
	default:
		return text{}
	}
}
