package words

// IDs of the question whether a computer restarts.
const (
	AskRestart  ID = "restart.ask"
	WishRestart ID = "restart.wish"
	RestartHint ID = "restart.hint"
)

func restartText(id ID) text {
	switch id {
	case AskRestart:
		return text{"Restart this computer?", "Diesen Rechner neu starten?", "Redémarrer cet ordinateur ?"}
	case WishRestart:
		return text{
			"wants to restart this computer and to go on with this session afterwards, without asking again. Save what you have open first.",
			"möchte diesen Rechner neu starten und die Sitzung danach ohne weitere Frage fortsetzen. Speichern Sie vorher, was offen ist.",
			"veut redémarrer cet ordinateur puis poursuivre la session sans redemander. Enregistrez d’abord ce qui est ouvert.",
		}
	case RestartHint:
		return text{
			"The session goes on when you sign in again. The bar at the top of the screen shows it, and Done ends it.",
			"Die Sitzung geht weiter, wenn Sie sich wieder anmelden. Die Leiste oben am Bildschirm zeigt sie, und Fertig beendet sie.",
			"La session reprend quand vous vous reconnectez. La barre en haut de l’écran la montre, et Terminer y met fin.",
		}
	default:
		return text{}
	}
}
