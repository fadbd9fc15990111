"""Everyday words of some languages, a seed for the language detector.

A bot's own texts are formal and speak of permits; people open with "hello" and "please help". The detector adds
these words to the corpus of a language that is in it. The languages that are not serve as decoys: without them a
French sentence would have to be one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EVERYDAY"]

#: Common words and short phrases of chats, by language.
EVERYDAY: Mapping[str, str] = MappingProxyType(
    {
        "ar": (
            "مرحبا السلام عليكم اهلا شكرا جزيلا من فضلك نعم لا انا اريد احتاج مساعدة ساعدوني كيف حالك متى اين "
            "لماذا ماذا كم شو وين ليش كيف عندي سؤال بدي اعرف هل يمكن ممكن لازم عمل شغل بيت سكن عائلة اولاد زوجتي "
            "طبيب موعد ورقة اقامة جواز سفر مدرسة مال راتب صاحب العمل لم يدفع اليوم غدا ما بعرف مع على في الى هذا "
            "هذه"
        ),
        "bg": (
            "здравейте здрасти добър ден благодаря моля да не аз искам трябва ми помощ помогнете как кога къде "
            "защо какво колко имам въпрос може ли съм сте са работа работодател жилище семейство деца жена мъж "
            "лекар час документ разрешение паспорт училище пари заплата не ми плаща днес утре не знам с на от за "
            "това този тази които който няма ще беше много сега какви нали бих искал мога да намеря квартира "
            "искам да знам как да получа трябва да отида може да помогнете къде мога къде се намира работя живея "
            "говоря разбирам получавам моят моята ме уволниха съвет човек шефът началникът не ми плаща заплатата "
            "търся работа жилище писмо"
        ),
        "de": (
            "hallo guten tag danke bitte ja nein ich will brauche hilfe helfen sie mir wie wann wo warum was wie "
            "viel habe eine frage kann man muss arbeit wohnung familie kinder frau mann arzt termin papier "
            "ausweis schule geld lohn chef zahlt nicht heute morgen ich weiß nicht mit auf von für das diese der "
            "die und oder wir"
        ),
        "en": (
            "hello hi hello good morning thank you please yes no i want need help me how when where why what how "
            "much have a question can you must work job flat family children wife husband doctor appointment "
            "paper permit passport school money wage boss does not pay today tomorrow i do not know with on from "
            "for this that the and or we"
        ),
        "es": (
            "hola buenos días gracias por favor sí no yo quiero necesito ayuda ayúdenme cómo cuándo dónde por qué "
            "qué cuánto tengo una pregunta se puede hay que busco trabajo y piso vivienda familia niños hijos "
            "mujer marido médico cita papel permiso de residencia pasaporte escuela dinero sueldo jefe no paga "
            "hoy mañana no sé con en de para este la los y o nosotros soy es muy"
        ),
        "fa": (
            "سلام من می خواهم کمک لطفا ممنون تشکر بله نه چگونه چطور کجا کی چرا چه چقدر سوال دارم آیا باید کار "
            "خانه خانواده بچه زن شوهر دکتر وقت مدارک اقامت گذرنامه مدرسه پول حقوق کارفرما پرداخت نمی‌کند امروز "
            "فردا نمی‌دانم با در از برای این آن است هستم و یا ما خیلی شما را به که"
        ),
        "fr": (
            "bonjour salut merci s'il vous plaît oui non je veux j'ai besoin d'aide aidez moi comment quand où "
            "pourquoi quoi combien j'ai une question peut on il faut je cherche un travail logement appartement "
            "famille enfants femme mari médecin rendez vous papier titre de séjour passeport école argent salaire "
            "patron ne paie pas aujourd'hui demain je ne sais pas avec sur de pour ce la les des et ou nous suis "
            "est dans mon ma"
        ),
        "it": (
            "ciao buongiorno grazie per favore sì no io voglio ho bisogno di aiuto aiutatemi come quando dove "
            "perché cosa quanto ho una domanda si può bisogna sto cercando lavoro casa appartamento famiglia "
            "bambini moglie marito medico appuntamento documento permesso di soggiorno passaporto scuola soldi "
            "stipendio capo non paga oggi domani non so con su di per questo la gli e o noi sono è molto"
        ),
        "pl": (
            "dzień dobry cześć dziękuję dziekuje proszę prosze tak nie ja chcę chce potrzebuję pomocy pomóżcie "
            "jak kiedy gdzie dlaczego co ile mam pytanie czy można muszę szukam pracy mieszkania mieszkanie "
            "rodzina dzieci żona mąż lekarz termin dokument karta pobytu paszport szkoła pieniądze wypłata szef "
            "nie płaci dzisiaj jutro nie wiem z na od dla to ten i lub my jestem jest bardzo"
        ),
        "ro": (
            "bună ziua salut mulțumesc multumesc vă rog va rog da nu eu vreau am nevoie de ajutor ajutați ajutati "
            "cum când cand unde de ce cât cat am o întrebare intrebare pot trebuie caut un loc de muncă munca "
            "apartament locuință familie copii soție soț doctor programare act permis de ședere pașaport școală "
            "scoala bani salariu șeful nu plătește plateste azi mâine nu știu stiu cu pe din pentru acest și sau "
            "noi sunt este foarte"
        ),
        "ru": (
            "здравствуйте привет добрый день спасибо пожалуйста да нет я хочу мне нужна нужно помощь помогите как "
            "когда где почему что сколько у меня есть вопрос можно ли надо работа работодатель квартира семья "
            "дети жена муж врач запись документ разрешение паспорт школа деньги зарплата не платит сегодня завтра "
            "не знаю с на от для это этот эта которые который нет будет был очень сейчас какие мы вы они если "
            "чтобы могу был бы как получить квартиру найти работу сделать узнать говорить понять работать жить "
            "хочу поговорить с человеком где я могу сколько стоит что делать мой моя моё мне тебе его её "
            "начальник мне не платит зарплату шеф ищу работу жильё письмо"
        ),
        "sr": (
            "zdravo dobar dan hvala molim vas da ne ja želim zelim treba mi pomoć pomoc pomozite kako kada gde "
            "gdje zašto zasto šta sta koliko imam pitanje može moze li moram tražim trazim posao stan porodica "
            "deca djeca žena muž lekar termin dokument dozvola boravak pasoš škola novac plata šef ne plaća placa "
            "danas sutra ne znam sa na od za ovo taj i ili mi sam je vrlo"
        ),
        "tr": (
            "merhaba selam teşekkürler lütfen evet hayır ben istiyorum yardıma ihtiyacım var yardım eder misiniz "
            "nasıl ne zaman nerede neden ne kadar bir sorum var iş arıyorum ev daire aile çocuklar karım kocam "
            "doktor randevu belge oturma izni pasaport okul para maaş patron ödemiyor bugün yarın bilmiyorum ile "
            "için bu şu ve veya biz değil çok var yok"
        ),
        "uk": (
            "добрий день привіт дякую будь ласка так ні я хочу мені потрібна потрібно допомога допоможіть як коли "
            "де чому що скільки у мене є питання чи можна треба робота шукаю роботу квартира житло сім'я діти "
            "дружина чоловік лікар запис документ дозвіл паспорт школа гроші зарплата начальник не платить "
            "сьогодні завтра не знаю з на від для це цей ця які немає буде був дуже зараз ми ви вони якщо щоб міг"
        ),
    }
)
