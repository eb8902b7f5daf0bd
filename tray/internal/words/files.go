package words

// IDs of what is asked when a file is sent.
const (
	AskFileIn    ID = "file.ask_in"
	AskFileOut   ID = "file.ask_out"
	WishFileIn   ID = "file.wish_in"
	WishFileOut  ID = "file.wish_out"
	FileName     ID = "file.name"
	FileSize     ID = "file.size"
	FileHintIn   ID = "file.hint_in"
	FileHintOut  ID = "file.hint_out"
	FileChoose   ID = "file.choose"
	FileTo       ID = "file.to"
	FilePath     ID = "file.path"
	FileNotThere ID = "file.not_there"
	FileSend     ID = "file.send"
)

func fileText(id ID) text {
	switch id {
	case AskFileIn:
		return text{"Take this file?", "Diese Datei annehmen?", "Accepter ce fichier ?"}
	case AskFileOut:
		return text{"Send a file?", "Eine Datei senden?", "Envoyer un fichier ?"}
	case WishFileIn:
		return text{"wants to put a file onto this computer.", "möchte eine Datei auf diesen Rechner legen.", "veut déposer un fichier sur cet ordinateur."}
	case WishFileOut:
		return text{
			"asks you for a file from this computer. If you agree, you choose which one in the next window.",
			"bittet Sie um eine Datei von diesem Rechner. Wenn Sie zustimmen, wählen Sie sie im nächsten Fenster aus.",
			"vous demande un fichier de cet ordinateur. Si vous acceptez, vous le choisissez dans la fenêtre suivante.",
		}
	case FileName:
		return text{"Name: %s", "Name: %s", "Nom : %s"}
	case FileSize:
		return text{"Size: %s", "Größe: %s", "Taille : %s"}
	case FileHintIn:
		return text{
			"It is put into your folder for downloads and is not opened.",
			"Sie wird in Ihren Ordner für Downloads gelegt und nicht geöffnet.",
			"Il est placé dans votre dossier de téléchargements et n’est pas ouvert.",
		}
	case FileHintOut:
		return text{
			"Only the file that you choose leaves this computer.",
			"Nur die Datei, die Sie wählen, verlässt diesen Rechner.",
			"Seul le fichier que vous choisissez quitte cet ordinateur.",
		}
	case FileChoose:
		return text{"Choose the file to send", "Zu sendende Datei wählen", "Choisissez le fichier à envoyer"}
	case FileTo:
		return text{"It is sent to %s.", "Sie wird an %s gesendet.", "Il est envoyé à %s."}
	case FilePath:
		return text{"Where the file is (folder and name)", "Wo die Datei liegt (Ordner und Name)", "Où est le fichier (dossier et nom)"}
	case FileNotThere:
		return text{"There is no such file.", "Diese Datei gibt es nicht.", "Ce fichier n’existe pas."}
	case FileSend:
		return text{"Send", "Senden", "Envoyer"}
	default:
		return text{}
	}
}
