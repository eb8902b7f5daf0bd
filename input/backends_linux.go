package input

func backends() []Backend { return []Backend{{Name: "xtest", Open: openXTest}} }
