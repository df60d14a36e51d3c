"""The words that the corpus disguises, and the word lists that innocent names are held against."""

LATIN = (
    *("casino", "viagrol", "bitcoin", "jackpot", "follower", "giveaway", "lottery", "scam", "spam", "bet", "slots"),
    *("poker", "bonus", "pills", "hookup", "webcam", "freebie", "wallet", "loan", "quick cash", "crypto giveaway"),
    *("cheap meds", "boost", "dropshipping", "forex", "pyramid", "zoomer", "kingpin", "happy hour"),
)
CYRILLIC = (
    *("казино", "ставки", "рулетка", "займы", "кредит", "реклама", "скидка", "подписчики", "лотерея", "выигрыш"),
    *("бонус", "быстрый заработок", "крипта", "вебкам", "касса", "шулер", "взлом", "угроза", "блат", "фальшивка"),
)
CHINESE = (
    *("赌场", "博彩", "彩票", "代开发票", "加微信", "贷款", "裸聊", "刷单", "兼职赚钱", "股票内幕", "办证", "棋牌"),
    *("六合彩", "现金网", "时时彩", "钱庄", "高利贷", "卖药", "网络诈骗", "国际娱乐"),
)
CARRIERS = {
    "Latin": ("{}", "best {} here", "join {} now", "★{}★", "the {} club", "¡{}!"),
    "Cyrillic": ("{}", "лучшие {} тут", "здесь {} для всех", "★{}★", "наш {} клуб"),
    "Han": ("{}", "最好的{}在这里", "欢迎{}", "★{}★", "大{}群"),
}

# Short and nasty: what an operator would list, and what innocent names contain, touch or nearly spell.
NASTY = (
    *("ass", "arse", "tit", "tits", "bum", "cum", "sex", "gay", "fag", "hoe", "ho", "anal", "anus", "penis", "rape"),
    *("dick", "cock", "pot", "shit", "crap", "slut", "spic", "coon", "cunt", "fuck", "porn", "nude", "kill", "hell"),
    *("damn", "piss", "poop", "con", "scam", "spam", "free", "bet", "bets", "nazi", "jap", "twat", "wank", "knob"),
    *("homo", "dyke", "puss", "hooker", "nigger", "kike", "sod", "git", "lust", "pimp", "meth", "weed", "coke", "lsd"),
    *("isis", "kkk", "bok", "hoer", "puta", "puto", "culo", "merde", "pute", "con", "cazzo", "figa", "arsch", "sau"),
    *("allah", "sos", "bomb", "gun", "die", "dead", "suck", "lick", "butt", "nips", "boob", "turd", "tart", "prick"),
    *("хуй", "бля", "сука", "жопа", "рот", "секс", "порно", "хер", "гад", "тля", "срам", "мат", "лох", "член", "дно"),
    *("đụ", "lồn", "cặc", "göt", "orospu", "kurwa", "pizda", "hovno", "kontol", "bokep", "cazzo", "fitte", "poep"),
    *("色情", "赌", "毒品", "他妈", "屁股", "傻", "淫", "妓", "死"),
)
EVERY = (*LATIN, *CYRILLIC, *CHINESE, *(word for word in NASTY if word not in ("赌", "傻", "淫", "妓", "死")))
