"""The framework's own words to people: the sentences of the chain, not of any flow. A bot can word each of them anew.

Context for translators is ``streetwork.<id>``; the translations are in ``i18n/locales``. Editors override a text under
``texts:`` in ``bot.yaml``.
"""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # Buttons
    "yes": "Yes",
    "no": "No",
    "helped": "Yes, that helped",
    "not_helped": "No, it did not",
    "human": "Talk to a human",
    "menu": "Main menu",
    # Answers that do not fit
    "invalid": "That does not fit here. Please try again.",
    "invalid_choose": "Please choose one of these, or write its number.",
    "invalid_empty": "I could not see any words there. Please write your answer.",
    "invalid_need_text": "I can only read written words here. Please write your answer.",
    "invalid_not_a_number": "Please write a number, for example 3.",
    "invalid_too_small": "That number is too small. Please check it.",
    "invalid_too_large": "That number is too big. Please check it.",
    "invalid_not_whole": "Please write a whole number, for example 3.",
    "invalid_too_short": "That is too short. Please write a little more.",
    "invalid_too_long": "That is too long. Please write it shorter.",
    "invalid_not_a_date": "Please write the date as day, month, year, for example 31.12.2026.",
    "invalid_no_such_date": "There is no such date. Please check it.",
    "invalid_too_early": "This date is too early. Please check it.",
    "invalid_too_late": "This date is too late. Please check it.",
    "invalid_in_past": "This date is in the past. Please check it.",
    "invalid_in_future": "This date is in the future. Please check it.",
    "invalid_not_an_email": "That is not a complete e-mail address. Please check it.",
    "invalid_not_a_phone": "That is not a complete phone number. Please write it with the country code.",
    "invalid_not_a_postcode": "A German postcode has five digits, for example 10115.",
    "invalid_not_yes_no": "Please answer yes or no.",
    "invalid_not_a_location": "Please share your location, or write the place.",
    "invalid_not_a_language": "I do not know this language. Please name another one.",
    "invalid_not_a_file": "Please send a photo or a file.",
    "invalid_wrong_file": "This kind of file does not fit here. Please send another one.",
    "invalid_file_too_big": "This file is too big. Please send a smaller one.",
    "give_up": "Never mind, let us go on.",
    # The chain
    "not_understood": "I am a program and did not understand that. Please choose, or write in other words.",
    "offer_human": "I still do not understand. Shall a human answer you?",
    "cannot_read": "I cannot open this here, I can only read written words. A human can look at it if you ask for one.",
    "stale_choice": "This choice is no longer open.",
    "nothing_to_go_back": "There is nothing to go back to.",
    "moved": "This conversation was improved meanwhile. Let us go on here; what you told me is kept.",
    "slow_down": "That was a lot at once. I read everything; please wait a moment.",
    "something_broke": "Something went wrong on my side. Your message is not lost: a human will read it.",
    "group": "I only answer in a private chat, so that nobody else reads along: {link}",
    # Translators: write the name of your own language instead of English.
    "language_offer": "You wrote in English. Shall I go on in English? Press the button or write “English”.",
    "language_foreign": "I am a program and do not know this language. Please choose one of mine, or talk to a human.",
    # Translators: write the name of your own language instead of English.
    "language_changed": "All right. From now on I write in English.",
    "edited": "You changed an earlier message. If it is important, please write it again.",
    # Stop and privacy
    "stopped": "I will not write to you any more. Write anything if you need me again.",
    "privacy": "Your messages are stored encrypted. They are erased {keep} days after your last message, and if a "
    "human has counselled you, not before {keep_case} days after that. No human reads them, unless you ask for one and "
    "agree, are in danger, or the program fails. {carrier}\n\n"
    "Write “my data” and you get a copy, “withdraw” to withdraw your consent, “delete” to erase everything at once.\n\n"
    "Privacy notice: {privacy}\nImprint: {imprint}\nOther ways to reach us: {contact}",
    "erase_ask": "Shall I erase everything you wrote here, and everything we answered? This cannot be undone.",
    "erase_yes": "Yes, erase everything",
    "erase_no": "No, keep it",
    "erase_kept": "Nothing was erased.",
    "erased": "Everything is erased. If you write again, you start anew.",
    # Consent: asked before a human of the team may read along
    "consent": "May a human read this conversation? For that I need your consent (Einwilligung).\n\n"
    "If you agree, counsellors of {team.name} read what you wrote here, also about health, origin or faith, "
    "and answer you in this chat. {carrier}\n\n"
    "Everything is stored encrypted and is erased {keep} days after the counselling has ended. "
    "You can withdraw your consent at any time: write “withdraw”.\n\n"
    "Privacy notice: {team.privacy}\nImprint: {team.imprint}\nOther ways to reach us: {team.contact}",
    "consent_yes": "Yes, I agree",
    "consent_no": "No",
    "consent_again": "I keep what you write, but no human reads it yet. May a human read it? Please answer yes or no.",
    "consent_waiting": "You have not answered yet, so nobody has been called. May a human read this conversation?",
    "consent_refused": "All right, no human reads this conversation. I, the program, still answer your questions. "
    "Other ways to reach our team: {team.contact}",
    "consent_withdrawn": "You have withdrawn your consent. The counselling here has ended, and no human of the team "
    "opens this conversation any more. From now on only the program answers.\n\n"
    "What you wrote stays encrypted and is erased {keep} days after your last message. "
    "Write “delete” and it is erased at once. Other ways to reach our team: {team.contact}",
    "consent_none": "You have given no consent, so there is nothing to withdraw.",
    "carrier": "The messenger {messenger} carries the messages, and its company can read along.",
    # A copy of one's own data
    "mydata_making": "I am putting your data together. The file comes here in a moment.",
    "mydata_soon": "You have just got a copy of your data. Please ask again in a few minutes.",
    "mydata_file": "This is a copy of your data. Keep it where nobody else can read it.",
    "mydata_link": "Here is a copy of your data: {link}\n\nThe address works for {minutes} minutes. "
    "Whoever has it can read the copy, so do not pass it on.",
    "mydata_failed": "I could not make the copy of your data. Please try again later, or ask our team: {team.contact}",
    "data_title": "Your data",
    "data_made": "Copy of {date}, made by {bot.name}, the program of {team.name}.",
    "data_why": "This is kept so that the program can answer you and, if you agreed, counsellors can help you "
    "(DSGVO Art. 6(1)(a), 9(2)(a); in danger Art. 6(1)(d), 9(2)(c)). It comes from you and from your messenger.",
    "data_readers": "Counsellors of {team.name} can read it only after you agreed, in danger, or when the program "
    "failed. Nobody else gets it. {carrier}",
    "data_until": "Everything is erased by itself on {date}, later if you write again.",
    "data_open": "Your case is open. Everything is erased by itself {keep} days after it is closed.",
    "data_rights": "You can have mistakes corrected, withdraw your consent (write “withdraw”), have everything erased "
    "(write “delete”), and complain to the data protection authority (Datenschutzaufsichtsbehörde). "
    "Privacy notice: {team.privacy} Our team: {team.contact}",
    "data_known": "What is known about you",
    "data_consents": "Your consent",
    "data_cases": "Your cases",
    "data_talk": "The conversation",
    "data_none": "Nothing",
    "data_language": "Language",
    "data_messenger": "Messenger",
    "data_address": "Your address there",
    "data_answers": "Your answers",
    "data_agreed": "You agreed that a human reads along.",
    "data_refused": "You did not agree that a human reads along.",
    "data_withdrawn": "Withdrawn on {date}.",
    "data_case_open": "Case {number}, open since {date}",
    "data_case_closed": "Case {number}, from {date} to {until}",
    "data_notes": "The team has written notes about your case: {count}. They are not in this file, because they can "
    "name other people. Ask our team for them: {team.contact}",
    "data_you": "You",
    "data_program": "Program",
    "data_human": "Counsellor",
    "data_event": "Event",
    "data_file": "File",
    "nobody_speaks": "At the moment nobody in our team speaks {language}. A human could answer you in: {languages}. "
    "If you know one of these languages, write its name. Other ways to reach our team: {contact}",
    "nobody_speaks_any": "At the moment nobody in our team speaks {language}. You can still ask for a human, but it "
    "may take long. Other ways to reach our team: {contact}",
    # FAQ
    "greeting": "Hello! Please write your question in one or two sentences, or choose from the menu.",
    "thanks": "You are welcome. Write again whenever you need me.",
    "faq_did_you_mean": "Did you mean one of these?",
    "faq_unknown": "I have no checked answer to that. Please ask in other words, or talk to a human.",
    "faq_helped": "Did this help you?",
    "faq_source": "Source: {source} (checked on {date})",
    "fact_unknown": "(not known yet, please see the official page)",
    "faq_draft": "Attention: our team has not checked this answer yet. Please check it on the official page.",
    "faq_bring": "Bring along: {text}",
    "faq_deadline": "Deadline: {text}",
    "faq_help": "Who helps: {text}",
    # Pages of questions, rumours and centres
    "page": "Please choose, or write your question in your own words.",
    "more": "More",
    "topic_rumours": "Is it true?",
    "topic_centres": "Who helps?",
    # Rumours
    "rumour_claim": "People say: {text}",
    "rumour_truth": "What is true: {text}",
    "rumour_since": "Since: {text}",
    "rumour_until": "Until: {text}",
    "rumour_share": "You can forward the next message, so that others know it too.",
    # Centres
    "centre_who": "For: {text}",
    "centre_languages": "Languages: {text}",
    "centre_walk_in": "You can go there without an appointment.",
    "centre_appointment": "Please make an appointment first.",
    "centre_remote": "Only by phone or online.",
    "centre_address": "Address: {text}",
    "centre_hours": "Open: {text}",
    "centre_phone": "Phone: {text}",
    "centre_ended": "This centre does not exist any more. A human can tell you who helps instead.",
    "centre_here_only": "This centre is only for people who are in Germany already. These help from abroad too:",
    # The nearest centres
    "referral_where": "Where do you live? Write your district or your postcode, or choose. "
    "Then I show you who is near you.",
    "referral_which": "Which district is it?",
    "referral_districts": "Show the districts",
    "referral_elsewhere": "Not in Berlin",
    "referral_abroad": "Still abroad",
    "referral_skip": "Skip",
    "referral_found": "These help you, the nearest first. Choose one and I show you how to reach it.",
    "referral_none": "I know no centre that fits here.",
    "referral_other": "Another place",
    "referral_all": "Show all",
    # Districts of Berlin, on buttons: as people of your language write and say them
    "district_charlottenburg_wilmersdorf": "Charlottenburg-Wilmersd.",
    "district_friedrichshain_kreuzberg": "Friedrichshain-Kreuzberg",
    "district_lichtenberg": "Lichtenberg",
    "district_marzahn_hellersdorf": "Marzahn-Hellersdorf",
    "district_mitte": "Mitte",
    "district_neukoelln": "Neukölln",
    "district_pankow": "Pankow",
    "district_reinickendorf": "Reinickendorf",
    "district_spandau": "Spandau",
    "district_steglitz_zehlendorf": "Steglitz-Zehlendorf",
    "district_tempelhof_schoeneberg": "Tempelhof-Schöneberg",
    "district_treptow_koepenick": "Treptow-Köpenick",
    # Handoff
    "waiting": "Your message has been added. You are waiting for a human; "
    "you can close the app, the answer comes here.",
    "claimed": "From now on a human writes to you: {name}. The program is silent.",
    "released": "The counsellor had to leave. You keep your place, a colleague will read your messages.",
    "handed_over": "From now on a colleague writes to you: {name}.",
    "woken_waiting": "The counsellor who knows your case is not here at the moment. "
    "Your message is in the queue, and a human will answer you here.",
    "parked_promised": "You will hear from the counsellor by {date}. You can write here at any time before.",
    "closed": "The counsellor has ended the conversation. From now on the program answers again.",
    "returned": "From now on the program answers again, not a human.",
    "file_added": "Your file has been added. The program cannot open files; a human will look at it.",
    "file_lost": "A file that you sent did not arrive here. Please send it again; if it is large, as a photo.",
    "already_waiting": "You are already waiting for a human. Everything you write here reaches them.",
    "how_long": "How long will it take?",
    "stop_waiting": "Stop waiting",
    # Parts of a sentence: "You get an answer here: {wait}."
    "wait_by": "most people hear from us by {time}",
    "wait_late": "it takes longer than usual, we are sorry",
    "how_long_next": "You are next. You get an answer here: {wait}. You can close the app.",
    "how_long_before": "People before you: {before}. You get an answer here: {wait}. You can close the app.",
    "how_long_moved": "Somebody more urgent came, so now there are more people before you: {before}. "
    "You get an answer here: {wait}.",
    "how_long_many": "More than {before} people are before you. You get an answer here: {wait}.",
    "wait_changed": "The waiting time has changed. You get an answer here: {wait}.",
    "not_waiting": "You are not waiting for a human at the moment.",
    "stopped_waiting": "You are no longer waiting for a human. If you want one again, just say so.",
    "come_back": "Do you want to write to the counsellor again who knows your case ({name}), or to me, the program?",
    "come_back_same": "To the counsellor",
    "come_back_bot": "To the program",
    "waiting_again": "Your message goes to the counsellor who knows your case. You get an answer here: {wait}. "
    "If they are not there, somebody else of the team reads it.",
    # Crisis
    "crisis_unchecked": "Our team has not checked this number yet: {text}",
    "crisis_human": "A human will read your message first. Nobody may be reading right now: in danger call at once.",
}
