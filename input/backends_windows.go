package input

func backends() []Backend { return []Backend{{Name: "sendinput", Open: openSendInput}} }
