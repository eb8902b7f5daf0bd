package words

// IDs of the question whether a rep gets the rights of an administrator.
const (
	AskElevate  ID = "elevate.ask"
	WishElevate ID = "elevate.wish"
	ElevateHint ID = "elevate.hint"
)

func elevateText(id ID) text {
	switch id {
	case AskElevate:
		return text{
			"Give administrator rights on this computer?",
			"Administratorrechte auf diesem Rechner geben?",
			"Donner des droits d’administrateur sur cet ordinateur ?",
		}
	case WishElevate:
		return text{
			"wants the rights of an administrator on this computer until the session ends, with a password of their own. They can then change and install everything.",
			"möchte bis zum Ende der Sitzung die Rechte eines Administrators auf diesem Rechner, mit einem eigenen Passwort. Damit kann alles geändert und installiert werden.",
			"veut les droits d’administrateur sur cet ordinateur jusqu’à la fin de la session, avec son propre mot de passe. Tout peut alors être modifié et installé.",
		}
	case ElevateHint:
		return text{
			"You stay signed in, and your programs keep their rights. Done in the bar at the top of the screen ends the session.",
			"Sie bleiben angemeldet, und Ihre Programme behalten ihre Rechte. Fertig in der Leiste oben am Bildschirm beendet die Sitzung.",
			"Vous restez connecté et vos programmes gardent leurs droits. Terminer, dans la barre en haut de l’écran, met fin à la session.",
		}
	default:
		return text{}
	}
}
