package key

const wordList = ``
