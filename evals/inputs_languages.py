"""News in many languages, a headline and a few sentences each, and what is in none, written for the measurements."""

OWN: dict[str, tuple[str, str]] = {
    "en": (
        "The ferry sails again after three weeks in the yard",
        "The ferry to the outer islands sailed again on Monday morning, three weeks after it had touched a rock in thick "
        "fog. The owners say that the hull has been repaired and that the timetable will be kept from now on.",
    ),
    "de": (
        "Die Fähre fährt nach drei Wochen in der Werft wieder",
        "Die Fähre zu den äußeren Inseln ist am Montagmorgen wieder ausgelaufen, drei Wochen nachdem sie im dichten "
        "Nebel einen Felsen berührt hatte. Der Rumpf sei ausgebessert, sagen die Eigentümer, und der Fahrplan werde von "
        "nun an eingehalten.",
    ),
    "fr": (
        "Le bac reprend la mer après trois semaines au chantier",
        "Le bac qui dessert les îles du large a repris la mer lundi matin, trois semaines après avoir heurté un rocher "
        "dans un épais brouillard. Selon ses propriétaires, la coque est réparée et les horaires seront désormais "
        "respectés.",
    ),
    "es": (
        "El transbordador vuelve a navegar tras tres semanas en el astillero",
        "El transbordador de las islas exteriores volvió a zarpar el lunes por la mañana, tres semanas después de haber "
        "rozado una roca en medio de la niebla. Los dueños aseguran que el casco está reparado y que se cumplirán los "
        "horarios.",
    ),
    "it": (
        "Il traghetto torna in mare dopo tre settimane in cantiere",
        "Il traghetto per le isole esterne è ripartito lunedì mattina, tre settimane dopo avere urtato uno scoglio nella "
        "nebbia fitta. I proprietari dicono che lo scafo è stato riparato e che d'ora in poi gli orari saranno "
        "rispettati.",
    ),
    "pt": (
        "A balsa volta a navegar depois de três semanas no estaleiro",
        "A balsa que serve as ilhas voltou a navegar na manhã de segunda-feira, três semanas depois de ter batido numa "
        "rocha durante o nevoeiro. Os donos dizem que o casco já foi reparado e que os horários vão ser cumpridos a "
        "partir de agora.",
    ),
    "nl": (
        "De veerboot vaart weer na drie weken op de werf",
        "De veerboot naar de buitenste eilanden is maandagochtend weer uitgevaren, drie weken nadat hij in dichte mist "
        "een rots had geraakt. Volgens de eigenaars is de romp hersteld en zal de dienstregeling voortaan worden "
        "nageleefd.",
    ),
    "sv": (
        "Färjan går igen efter tre veckor på varvet",
        "Färjan till de yttre öarna gick ut igen på måndagsmorgonen, tre veckor efter att den hade stött på en klippa i "
        "tät dimma. Ägarna säger att skrovet är lagat och att tidtabellen kommer att hållas från och med nu.",
    ),
    "da": (
        "Færgen sejler igen efter tre uger på værftet",
        "Færgen til de yderste øer sejlede igen mandag morgen, tre uger efter at den havde ramt en klippe i tæt tåge. "
        "Ejerne siger, at skroget er blevet repareret, og at køreplanen nu bliver overholdt igen.",
    ),
    "nb": (
        "Fergen går igjen etter tre uker på verkstedet",
        "Fergen til de ytterste øyene gikk ut igjen mandag morgen, tre uker etter at den hadde truffet et skjær i tett "
        "tåke. Eierne sier at skroget er reparert, og at rutetidene skal holdes fra nå av.",
    ),
    "fi": (
        "Lautta kulkee taas kolmen telakalla vietetyn viikon jälkeen",
        "Ulkosaarten lautta lähti jälleen liikkeelle maanantaiaamuna, kolme viikkoa sen jälkeen kun se oli osunut kariin "
        "sakeassa sumussa. Omistajien mukaan runko on korjattu ja aikataulua noudatetaan tästä lähtien.",
    ),
    "pl": (
        "Prom znowu pływa po trzech tygodniach w stoczni",
        "Prom na dalekie wyspy wypłynął znowu w poniedziałek rano, trzy tygodnie po tym, jak w gęstej mgle uderzył w "
        "skałę. Właściciele mówią, że kadłub został naprawiony i że rozkład będzie odtąd przestrzegany.",
    ),
    "cs": (
        "Trajekt po třech týdnech v loděnici opět pluje",
        "Trajekt na vzdálené ostrovy v pondělí ráno opět vyplul, tři týdny poté, co v husté mlze narazil na skálu. "
        "Majitelé říkají, že trup je opraven a že jízdní řád bude od nynějška dodržován.",
    ),
    "sk": (
        "Trajekt po troch týždňoch v lodenici opäť pláva",
        "Trajekt na vzdialené ostrovy v pondelok ráno opäť vyplával, tri týždne po tom, čo v hustej hmle narazil na "
        "skalu. Majitelia hovoria, že trup je opravený a že cestovný poriadok sa bude odteraz dodržiavať.",
    ),
    "sl": (
        "Trajekt po treh tednih v ladjedelnici spet pluje",
        "Trajekt za zunanje otoke je v ponedeljek zjutraj spet izplul, tri tedne po tem, ko je v gosti megli zadel ob "
        "skalo. Lastniki pravijo, da je trup popravljen in da se bodo voznega reda odslej držali.",
    ),
    "hr": (
        "Trajekt opet plovi nakon tri tjedna u brodogradilištu",
        "Trajekt za vanjske otoke ponovno je isplovio u ponedjeljak ujutro, tri tjedna nakon što je u gustoj magli "
        "udario u stijenu. Vlasnici kažu da je trup popravljen i da će se vozni red od sada poštovati.",
    ),
    "hu": (
        "Három hét után újra közlekedik a komp",
        "Hétfő reggel újra elindult a komp a külső szigetek felé, három héttel azután, hogy a sűrű ködben egy sziklának "
        "ütközött. A tulajdonosok szerint a hajótestet kijavították, és a menetrendet mostantól betartják.",
    ),
    "ro": (
        "Feribotul circulă din nou după trei săptămâni pe șantier",
        "Feribotul spre insulele îndepărtate a pornit din nou luni dimineața, la trei săptămâni după ce a lovit o stâncă "
        "în ceața deasă. Proprietarii spun că nava a fost reparată și că orarul va fi respectat de acum înainte.",
    ),
    "tr": (
        "Feribot tersanede geçen üç haftadan sonra yeniden seferde",
        "Dış adalara giden feribot, yoğun siste bir kayaya çarpmasından üç hafta sonra pazartesi sabahı yeniden yola "
        "çıktı. Sahipleri gövdenin onarıldığını ve bundan böyle tarifeye uyulacağını söylüyor.",
    ),
    "el": (
        "Το πορθμείο ταξιδεύει ξανά έπειτα από τρεις εβδομάδες",
        "Το πορθμείο για τα έξω νησιά απέπλευσε ξανά τη Δευτέρα το πρωί, τρεις εβδομάδες αφού είχε χτυπήσει σε βράχο "
        "μέσα στην πυκνή ομίχλη. Οι ιδιοκτήτες λένε ότι το κύτος επισκευάστηκε και ότι τα δρομολόγια θα τηρούνται.",
    ),
    "ru": (
        "Паром снова ходит после трёх недель на верфи",
        "Паром на дальние острова снова вышел в море в понедельник утром, через три недели после того, как в густом "
        "тумане задел скалу. Владельцы говорят, что корпус отремонтирован и что расписание теперь будет соблюдаться.",
    ),
    "uk": (
        "Пором знову ходить після трьох тижнів на верфі",
        "Пором на далекі острови знову вийшов у море в понеділок уранці, через три тижні після того, як у густому тумані "
        "зачепив скелю. Власники кажуть, що корпус відремонтовано і що розкладу відтепер дотримуватимуться.",
    ),
    "bg": (
        "Фериботът отново плава след три седмици в корабостроителницата",
        "Фериботът до далечните острови отплава отново в понеделник сутринта, три седмици след като се удари в скала в "
        "гъстата мъгла. Собствениците казват, че корпусът е поправен и че разписанието вече ще се спазва.",
    ),
    "ar": (
        "العبّارة تعود إلى الإبحار بعد ثلاثة أسابيع",
        "عادت العبّارة التي تخدم الجزر البعيدة إلى الإبحار صباح يوم الاثنين، بعد ثلاثة أسابيع من اصطدامها بصخرة وسط ضباب "
        "كثيف. ويقول أصحابها إن الهيكل قد أُصلح وإن المواعيد ستُحترم من الآن فصاعداً.",
    ),
    "he": (
        "המעבורת שבה להפליג אחרי שלושה שבועות במספנה",
        "המעבורת לאיים הרחוקים הפליגה שוב ביום שני בבוקר, שלושה שבועות אחרי שפגעה בסלע בערפל כבד. הבעלים אומרים שגוף "
        "הספינה תוקן ושלוח הזמנים יישמר מעתה.",
    ),
    "hi": (
        "तीन हफ़्ते बाद नाव फिर चलने लगी",
        "बाहरी द्वीपों तक जाने वाली नाव सोमवार की सुबह फिर रवाना हुई, घने कोहरे में चट्टान से टकराने के तीन हफ़्ते बाद। "
        "मालिकों का कहना है कि नाव की मरम्मत हो चुकी है और अब समय का पालन किया जाएगा।",
    ),
    "th": (
        "เรือข้ามฟากกลับมาแล่นอีกครั้งหลังจากสามสัปดาห์",
        "เรือข้ามฟากไปยังเกาะรอบนอกออกเดินทางอีกครั้งในเช้าวันจันทร์ สามสัปดาห์หลังจากชนหินในหมอกหนา "
        "เจ้าของกล่าวว่าตัวเรือได้รับการซ่อมแล้ว และจากนี้ไปจะเดินเรือตามตารางเวลา",
    ),
    "vi": (
        "Chiếc phà chạy trở lại sau ba tuần trong xưởng",
        "Chiếc phà ra các đảo xa đã chạy trở lại vào sáng thứ hai, ba tuần sau khi va vào đá trong sương mù dày đặc. Chủ "
        "phà nói rằng thân tàu đã được sửa xong và từ nay lịch chạy sẽ được giữ đúng.",
    ),
    "id": (
        "Feri kembali berlayar setelah tiga minggu di galangan",
        "Feri menuju pulau-pulau luar kembali berlayar pada Senin pagi, tiga minggu setelah menabrak karang dalam kabut "
        "tebal. Para pemiliknya mengatakan bahwa lambung kapal sudah diperbaiki dan jadwal akan ditepati mulai sekarang.",
    ),
    "ja": (
        "三週間の修理を終え、連絡船が再び運航",
        "沖の島々を結ぶ連絡船が月曜日の朝、ふたたび出航した。濃い霧の中で岩にぶつかってから三週間ぶりのことである。船主に"
        "よると船体の修理は終わり、これからは時刻表どおりに運航するという。",
    ),
    "zh": (
        "渡轮修理三周后重新开航",
        "开往外岛的渡轮星期一早上重新起航，三个星期以前它曾在浓雾中撞上礁石。船主表示，船身已经修好，今后将按照时刻表准时"
        "开船。岛上的居民说，他们总算可以去镇上看病、买东西了。",
    ),
    "ko": (
        "여객선이 삼 주 만에 다시 운항한다",
        "먼 섬들을 오가는 여객선이 월요일 아침에 다시 출항했다. 짙은 안개 속에서 바위에 부딪힌 지 삼 주 만이다. 선주들은 "
        "선체를 다 고쳤으며 앞으로는 시간표를 지키겠다고 말한다.",
    ),
}
"""By language: a headline, and the beginning of the text."""

NONE = (
    "",
    "Oslo",
    "OK",
    "BBC News",
    "404",
    "1. FC Köln – Borussia Mönchengladbach 2:1 (1:0)",
    "AC-130U 4.2 GHz / 16 GB DDR5 / USB-C 3.2",
    "https://example.org/2020/01/03/x.html?id=17 info@example.org",
    "10:30 11:45 12:15 13:00 14:20 15:10 16:40 17:00 18:30 19:15 20:45 21:00",
    "def f(x): return [y for y in x if y > 0]\nassert f([1, -1]) == [1]\nprint(f(range(10)))",
    "Anna Berg, Tomás Ruiz, Yuki Mori, Olga Ivanova, Jean Petit, Li Wei, Sara Rossi, Jan Novák, Peter Schmidt, Ali Hassan",
    "AAPL 231.44 +1.2% MSFT 415.10 -0.3% NVDA 121.87 +2.9% TSLA 249.02 -1.1% AMZN 187.55 +0.4% GOOG 164.21 +0.8%",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "♫ ♪ ♫ ♪ ★★★★☆ → ← ↑ ↓ ☀ ☁ ☂ ☃ ☎ ☏ ✂ ✈ ✉ ✎ ✔ ✘ ✚ ✪ ✿ ❀ ❄ ❤ ➔ ➜ ➤",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.",
)
"""What is in no language, or says too little to tell: any answer is a guess. (The last is Latin of a kind.)"""
