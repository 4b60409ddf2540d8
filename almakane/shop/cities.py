"""The towns that parcels go to: the name by which fees and orders know each, and the Arabic one."""

from almakane.web.texts import plain

CITIES: dict[str, str] = {
    "Agadir": "أكادير",
    "Al Hoceïma": "الحسيمة",
    "Asilah": "أصيلة",
    "Azemmour": "أزمور",
    "Azilal": "أزيلال",
    "Azrou": "أزرو",
    "Beni Mellal": "بني ملال",
    "Benslimane": "بنسليمان",
    "Berkane": "بركان",
    "Berrechid": "برشيد",
    "Bouskoura": "بوسكورة",
    "Bouznika": "بوزنيقة",
    "Casablanca": "الدار البيضاء",
    "Chefchaouen": "شفشاون",
    "Dakhla": "الداخلة",
    "Dar Bouazza": "دار بوعزة",
    "El Jadida": "الجديدة",
    "El Kelâa des Sraghna": "قلعة السراغنة",
    "Errachidia": "الرشيدية",
    "Essaouira": "الصويرة",
    "Fès": "فاس",
    "Figuig": "فجيج",
    "Fnideq": "الفنيدق",
    "Fquih Ben Salah": "الفقيه بن صالح",
    "Guelmim": "كلميم",
    "Guercif": "جرسيف",
    "Ifrane": "إفران",
    "Inezgane": "إنزكان",
    "Jerada": "جرادة",
    "Kénitra": "القنيطرة",
    "Khémisset": "الخميسات",
    "Khénifra": "خنيفرة",
    "Khouribga": "خريبكة",
    "Ksar El Kébir": "القصر الكبير",
    "Laâyoune": "العيون",
    "Larache": "العرائش",
    "Marrakech": "مراكش",
    "Martil": "مرتيل",
    "M'diq": "المضيق",
    "Médiouna": "مديونة",
    "Meknès": "مكناس",
    "Midelt": "ميدلت",
    "Mohammedia": "المحمدية",
    "Nador": "الناظور",
    "Nouaceur": "النواصر",
    "Ouarzazate": "ورزازات",
    "Ouazzane": "وزان",
    "Oujda": "وجدة",
    "Rabat": "الرباط",
    "Safi": "آسفي",
    "Salé": "سلا",
    "Sefrou": "صفرو",
    "Settat": "سطات",
    "Sidi Bennour": "سيدي بنور",
    "Sidi Kacem": "سيدي قاسم",
    "Sidi Slimane": "سيدي سليمان",
    "Skhirat": "الصخيرات",
    "Tanger": "طنجة",
    "Tan-Tan": "طانطان",
    "Taounate": "تاونات",
    "Taourirt": "تاوريرت",
    "Taroudant": "تارودانت",
    "Taza": "تازة",
    "Témara": "تمارة",
    "Tétouan": "تطوان",
    "Tinghir": "تنغير",
    "Tiznit": "تزنيت",
    "Youssoufia": "اليوسفية",
    "Zagora": "زاكورة",
}
HOME = "Casablanca"


def city_name(city: str, language: str) -> str:
    """A city as it is written in a language."""
    return CITIES.get(city, city) if language == "ar" else city


_NAMES = {plain(name): city for city, arabic in CITIES.items() for name in (city, arabic)}


def find_city(name: str) -> str | None:
    """The city of a name as somebody types it, in French or Arabic, with or without its accents."""
    return _NAMES.get(plain(name))


def city_choices(language: str) -> list[tuple[str, str]]:
    """Each city and its name, the shop's own first, the others by their alphabet."""
    rest = sorted((city for city in CITIES if city != HOME), key=lambda c: city_name(c, language))
    return [(city, city_name(city, language)) for city in (HOME, *rest)]
