"""Sentences of many languages, written for this, and the old charsets that each was written in."""

_WESTERN, _LATIN_2 = ("cp1252", "iso8859-15"), ("cp1250", "iso8859-2")

OWN: dict[str, tuple[tuple[str, ...], str]] = {
    "German": (
        _WESTERN,
        "Die Fähre läuft über die Mündung hinaus, größer als früher. Äußerst ärgerlich für die Gäste, "
        "sagt der Kapitän: fünf Stunden mußten sie am Pier warten, bis das Öl geprüft war.",
    ),
    "French": (
        _WESTERN,
        "Le phare du port a été rallumé hier soir, après trente-six années d'obscurité. Les élus se "
        "félicitent ; les pêcheurs, eux, espèrent que l'éclairage restera réglé comme à l'époque où ils "
        "étaient élèves.",
    ),
    "Spanish": (
        _WESTERN,
        "El año pasado la región perdió más de diez mil árboles. Según el señor Núñez, que dirige la "
        "estación, «la próxima sequía será aún peor»: ¿quién pagará entonces el daño a los pequeños "
        "dueños?",
    ),
    "Swedish": (
        _WESTERN,
        "Färjan går tre gånger om dagen över sundet. På ön väntar två hundra människor på att få åka "
        "hem, och de äldre är oroliga för att båten inte ska gå före lördag.",
    ),
    "Portuguese": (
        _WESTERN,
        "A administração do porto não confirmou as informações. Três navios estão à espera há dias, e a "
        "população já começou a fazer reclamações: ninguém sabe quando chegarão os alimentos às aldeias "
        "do sertão.",
    ),
    "Polish": (
        _LATIN_2,
        "Latarnia morska świeci znów po trzydziestu sześciu latach. Mieszkańcy zebrali się w porcie, "
        "żeby ją zobaczyć, a burmistrz powiedział, że następną będzie można wyłączyć dopiero wtedy, gdy "
        "źródło się skończy.",
    ),
    "Czech": (
        _LATIN_2,
        "Maják nad přístavem opět svítí po šestatřiceti letech. Lidé se sešli na nábřeží, aby ho viděli, "
        "a starosta řekl, že další opravy začnou už příští týden, pokud počasí vydrží.",
    ),
    "Hungarian": (
        _LATIN_2,
        "A világítótorony harminchat év után újra működik. Az emberek összegyűltek a kikötőben, hogy "
        "lássák, és a polgármester azt mondta, hogy a következő őszig minden hajó időben érkezik.",
    ),
    "Russian": (
        ("cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic"),
        "Маяк над гаванью снова светит после тридцати шести лет темноты. Жители собрались на набережной, "
        "чтобы увидеть его, а мэр сказал, что следующий ремонт начнётся уже весной, если позволит погода.",
    ),
    "Bulgarian": (
        ("cp1251", "iso8859-5"),
        "Фарът над пристанището отново свети след тридесет и шест години. Хората се събраха на кея, за "
        "да го видят, а кметът каза, че следващият ремонт ще започне още тази пролет, ако времето "
        "позволи.",
    ),
    "Ukrainian": (
        ("cp1251", "koi8-u"),
        "Маяк над гаванню знову світить після тридцяти шести років темряви. Мешканці зібралися на "
        "набережній, щоб його побачити, а міський голова сказав, що наступний ремонт почнеться вже "
        "навесні, якщо дозволить погода.",
    ),
    "Greek": (
        ("cp1253", "iso8859-7"),
        "Ο φάρος πάνω από το λιμάνι φωτίζει ξανά ύστερα από τριάντα έξι χρόνια. Οι κάτοικοι "
        "συγκεντρώθηκαν στην προκυμαία για να τον δουν, και ο δήμαρχος είπε ότι οι επόμενες εργασίες "
        "αρχίζουν την άνοιξη.",
    ),
    "Turkish": (
        ("cp1254", "iso8859-9"),
        "Limanın üzerindeki deniz feneri otuz altı yıl sonra yeniden ışık veriyor. Halk rıhtımda "
        "toplandı; belediye başkanı, bir sonraki onarımın ilkbaharda başlayacağını söyledi ve işçilere "
        "teşekkür etti.",
    ),
    "Hebrew": (
        ("cp1255",),
        "המגדלור שמעל הנמל מאיר שוב אחרי שלושים ושש שנים. התושבים התאספו על הרציף כדי לראות אותו, וראש "
        "העיר אמר שהתיקון הבא יתחיל כבר באביב, אם מזג האוויר יאפשר זאת.",
    ),
    "Arabic": (
        ("cp1256", "iso8859-6"),
        "عادت المنارة فوق الميناء إلى الإضاءة بعد ستة وثلاثين عاما من الظلام. اجتمع السكان على الرصيف "
        "لرؤيتها، وقال رئيس البلدية إن أعمال الصيانة القادمة ستبدأ في الربيع إذا سمح الطقس بذلك.",
    ),
    "Thai": (
        ("cp874",),
        "ประภาคารเหนือท่าเรือส่องแสงอีกครั้งหลังจากมืดมานานสามสิบหกปี ชาวบ้านมารวมตัวกันที่ท่าเรือเพื่อชม"
        "แสงแรก และนายกเทศมนตรีกล่าวว่าการซ่อมแซมครั้งต่อไปจะเริ่มในฤดูใบไม้ผลิ",
    ),
    "Japanese": (
        ("cp932", "euc_jp", "iso2022_jp"),
        "灯台の光は三十六年ぶりに海を照らした。町の人びとは港に集まり、汽笛を鳴らした。市長は、次の工事は"
        "春に始まると述べ、作業員に感謝した。",
    ),
    "Chinese": (
        ("gb18030",),
        "港口上方的灯塔在熄灭三十六年之后重新亮起。居民们聚集在码头上观看，市长说，如果天气允许，下一次维"
        "修将在春天开始，他向所有工人表示感谢。",
    ),
    "Taiwanese": (
        ("big5",),
        "港口上方的燈塔在熄滅三十六年之後重新亮起。居民們聚集在碼頭上觀看，市長說，如果天氣允許，下一次維"
        "修將在春天開始，他向所有工人表示感謝。",
    ),
    "Korean": (
        ("cp949", "iso2022_kr"),
        "항구 위의 등대가 삼십육 년 만에 다시 불을 밝혔다. 주민들은 부두에 모여 첫 불빛을 지켜보았고, "
        "시장은 다음 공사가 봄에 시작된다고 말했다.",
    ),
    "wide": (
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "utf-8"),
        "The light above the harbour shines again after thirty-six years. Cafés on the quay stayed open for the first evening.",
    ),
}
"""By language. `wide`: what needs no guess."""
