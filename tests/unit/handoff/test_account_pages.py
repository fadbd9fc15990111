"""The pages for accounts: each form does what it says, asks for the password where it must, believes no stranger."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from handoff.accounts import Account, Role, account_id, get_account, list_accounts
from handoff.audit import newest, verify
from handoff.roster import get_presence
from handoff.totp import STEP, code_at
from handoff.ui_texts import TEXTS
from handoff.verbs import CaseVerb
from tests.fakes.desk_window import PASSWORD, Window
from tests.fakes.desk_world import DeskWorld

NEW = "quite another password"


async def page(window: Window, path: str) -> str:
    answer = await window.http.get(f"{window.base}/desk/{path}", allow_redirects=False)
    return await answer.text()


async def send(window: Window, path: str, **fields: str | list[str]) -> tuple[int, str]:
    """Send a form as its page does; return the status, and where it led or what it said."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', await page(window, "account"))
    data = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    if "csrf" not in fields:
        data.append(("csrf", csrf[1] if csrf else ""))
    answer = await window.http.post(
        f"{window.base}/desk/{path}", data=data, headers=window.headers(), allow_redirects=False
    )
    text = await answer.text()
    return answer.status, answer.headers.get("Location", text)


async def desk(window: Window) -> str:
    answer = await window.http.get(f"{window.base}/desk")
    return await answer.text()


async def known(world: DeskWorld, login: str) -> Account:
    found = await get_account(world.store, account_id(login), world.clock.now())
    assert found is not None
    return found


async def test_a_new_password_needs_the_old_one_and_ends_the_other_windows(world: DeskWorld):
    one = await world.staff("mariam")
    two = world.window()
    await two.sign_in("mariam")
    wrong = await send(one, "account/password", password="not this one", new=NEW, again=NEW)
    assert wrong == (303, "/desk/account?said=wrong_password")
    assert (await send(one, "account/password", password=PASSWORD, new=NEW, again="other"))[1].endswith("not_the_same")
    assert (await send(one, "account/password", password=PASSWORD, new="short", again="short"))[1].endswith(
        "weak_password"
    )
    assert (await two.get("board"))[0] == 200
    assert (await send(one, "account/password", password=PASSWORD, new=NEW, again=NEW))[1].endswith("password_changed")
    assert (await one.get("board"))[0] == 200
    assert (await two.get("board"))[0] == 401
    assert await two.sign_in("mariam") == 401
    assert await two.sign_in("mariam", NEW) == 303


async def test_guessing_the_password_at_an_open_window_costs_pauses(world: DeskWorld):
    window = await world.staff("mariam")
    for n in range(5):
        await send(window, "account/password", password=f"guess number {n}", new=NEW, again=NEW)
    assert (await send(window, "account/password", password=PASSWORD, new=NEW, again=NEW))[1].endswith("wrong_password")


async def test_languages_can_be_changed_by_their_owner(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    assert (await send(window, "account/languages", language=["ar", "bg"]))[1].endswith("saved")
    assert (await known(world, "mariam")).languages == ("ar", "bg")
    assert (await send(window, "account/languages", language=["../etc"]))[1].endswith("bad_language")


async def test_alerts_take_one_plain_address_and_one_chat(world: DeskWorld):
    window = await world.staff("mariam")
    good = {"mail": "mariam@example.org", "chat": "-1001234", "interface": "ar"}
    assert (await send(window, "account/alerts", **good))[1].endswith("saved")
    kept = await known(world, "mariam")
    assert (kept.alert_mail, kept.alert_chat, kept.interface) == ("mariam@example.org", "-1001234", "ar")
    for mail in ("a@b", "a@example.org\r\nBcc: x@example.org", "a@example.org, b@example.org", "=1+1@example.org x"):
        assert (await send(window, "account/alerts", mail=mail, chat="", interface="de"))[1].endswith("bad_mail")
    for chat in ("@name", "12 34", "1" * 21):
        assert (await send(window, "account/alerts", mail="", chat=chat, interface="de"))[1].endswith("bad_chat")


async def test_a_second_factor_is_set_up_from_the_page(world: DeskWorld):
    window = await world.staff("mariam")
    assert (await send(window, "account/second", password="wrong password"))[1].endswith("wrong_password")
    assert (await send(window, "account/second", password=PASSWORD))[1] == "/desk/account/second"
    html = await page(window, "account/second")
    found = re.search(r'class="key">([A-Z2-7 ]+)<', html)
    assert found is not None
    secret = found[1].replace(" ", "")
    assert (await send(window, "account/second/confirm", code="1"))[1].endswith("wrong_code")
    status, text = await send(window, "account/second/confirm", code=code_at(secret, world.clock.now() // STEP))
    assert status == 200
    assert len(re.findall(r"<code>", text)) == 8
    assert (await window.get("board"))[0] == 200
    assert (await known(world, "mariam")).totp == secret
    assert secret[:8] not in await page(window, "account")
    assert await page(window, "account/second") != html
    status, text = await send(window, "account/recovery", password=PASSWORD)
    assert (status, len(re.findall(r"<code>", text))) == (200, 8)


async def test_sessions_are_listed_and_ended_by_their_owner_only(world: DeskWorld):
    one, other = await world.staff("mariam"), await world.staff("boris")
    two, three = world.window(), world.window()
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0 <script>"}
    await two.sign_in("mariam", **agent)
    await three.sign_in("mariam")
    html = await page(one, "account")
    assert "Firefox, Linux" in html
    assert "<script>" not in html
    keys = re.findall(r'name="key" value="([^"]+)"', html)
    assert len(keys) == 3
    assert (await send(other, "account/sessions", key=keys[0]))[1].endswith("no_session")
    theirs = re.findall(r'name="key" value="([^"]+)"', await page(two, "account"))
    mine_first = [key for key in keys if f'value="{key}"' in html]
    assert set(theirs) == set(mine_first)
    assert (await send(one, "account/sessions", others="1"))[1].endswith("sessions_ended")
    assert [(await window.get("board"))[0] for window in (one, two, three, other)] == [200, 401, 401, 200]


async def test_a_forged_form_changes_nothing(world: DeskWorld):
    window, other = await world.staff("mariam"), await world.staff("boris")
    stolen = re.search(r'name="csrf" value="([^"]+)"', await page(other, "account"))
    assert stolen is not None
    for csrf in ("", "x", stolen[1]):
        assert (await send(window, "account/languages", csrf=csrf, language="bg"))[1].endswith("not_believed")
    mine = re.search(r'name="csrf" value="([^"]+)"', await page(window, "account"))
    assert mine is not None
    for headers in ({"Origin": "https://evil.example"}, {"Origin": window.base, "Sec-Fetch-Site": "cross-site"}, {}):
        answer = await window.http.post(
            f"{window.base}/desk/account/languages",
            data={"csrf": mine[1], "language": "bg"},
            headers=headers,
            allow_redirects=False,
        )
        assert answer.headers["Location"].endswith("not_believed")
    assert (await known(world, "mariam")).languages == ("ar", "en")


async def test_what_is_said_comes_from_a_list(world: DeskWorld):
    window = await world.staff("mariam")
    html = await page(window, "account?said=<script>alert(1)</script>")
    assert "<script>" not in html
    assert 'role="alert"' not in html


async def test_a_lead_adds_changes_locks_and_resets_accounts(world: DeskWorld):
    lead = await world.staff("lead", roles=("lead",))
    status, html = await send(lead, "team", login="anna", name="Anna", language=["ar"], role=["counsellor"])
    assert status == 200
    found = re.search(r"<code[^>]*>([a-z0-9-]{23})</code>", html)
    assert found is not None
    window = world.window()
    assert await window.sign_in("anna", found[1]) == 303
    member = f"team/{account_id('anna')}"
    assert (await send(lead, member, do="edit", name="Anna B.", language=["ar", "ru"]))[1].endswith("saved")
    assert (await known(world, "anna")).languages == ("ar", "ru")
    assert (await send(lead, member, do="edit", name="Anna", language="ar", capacity="3"))[1].endswith("saved")
    presence = await get_presence(world.store, account_id("anna"), world.clock.now())
    assert (presence.capacity, presence.state, presence.seen) == (3, "here", 0)
    for wrong in ("0", "51", "x", "-1", "9" * 50):
        told = await send(lead, member, do="edit", name="Anna", language="ar", capacity=wrong)
        assert told[1].endswith("malformed"), wrong
    assert (await send(lead, member, do="roles", role=["analyst"]))[1].endswith("saved")
    assert (await window.get("board"))[0] == 401
    assert (await send(lead, member, do="lock"))[1].endswith("saved")
    assert await window.sign_in("anna", found[1]) == 401
    assert (await send(lead, member, do="unlock"))[1].endswith("saved")
    status, html = await send(lead, member, do="password")
    fresh = re.search(r"<code[^>]*>([a-z0-9-]{23})</code>", html)
    assert fresh is not None
    assert await window.sign_in("anna", fresh[1]) == 303
    assert (await send(lead, member, do="second"))[1].endswith("reset")
    verbs = [
        entry.verb for entry in await newest(world.store, world.clock.now(), 50) if entry.actor == account_id("lead")
    ]
    for verb in ("account-add", "account-edit", "roles", "lock", "unlock", "password-reset", "second-reset"):
        assert verb in verbs
    assert await verify(world.store, world.clock.now()) == []


async def test_a_lead_says_what_somebody_works_on_and_they_see_it(world: DeskWorld):
    lead, anna = await world.staff("lead", roles=("lead",)), await world.staff("anna")
    member, work = f"team/{account_id('anna')}", {"do": "edit", "name": "Anna", "language": "ar"}
    chosen: dict[str, str | list[str]] = {
        "asks-topic": "1",
        "topic": ["housing", "work"],
        "asks-queue": "1",
        "queue": ["law"],
        "capacity": "4",
    }
    assert (await send(lead, member, **work, **chosen))[1].endswith("saved")
    presence = await get_presence(world.store, account_id("anna"), world.clock.now())
    assert (presence.topics, presence.capacity) == (("housing", "work"), 4)
    assert (await known(world, "anna")).queues == ("law",)
    # A form that does not ask for them leaves them; one that asks and has none takes them away.
    assert (await send(lead, member, **work))[1].endswith("saved")
    assert (await known(world, "anna")).queues == ("law",)
    assert (await send(lead, member, **work, **{"asks-queue": "1", "asks-topic": "1"}))[1].endswith("saved")
    assert (await known(world, "anna")).queues == ()
    assert (await get_presence(world.store, account_id("anna"), world.clock.now())).topics == ()
    for wrong in ("<b>", "", "x" * 41, "-"):
        assert (await send(lead, member, **work, **{"asks-queue": "1", "queue": wrong}))[1].endswith("malformed")
    assert (await send(anna, "account/languages", language="bg", **{"asks-topic": "1", "topic": "work"}))[1].endswith(
        "saved"
    )
    assert (await get_presence(world.store, account_id("anna"), world.clock.now())).topics == ("work",)


async def test_the_shortcuts_are_an_accounts_own_choice(world: DeskWorld):
    window = await world.staff("mariam")
    assert '"keys": true' in await desk(window)
    assert (await send(window, "account/keys"))[1].endswith("saved")
    assert '"keys": false' in await desk(window)
    assert (await window.post("keys", {"on": True}))[0] == 200
    assert '"keys": true' in await desk(window)
    assert (await window.post("keys", {"on": "yes"}))[0] == 422


async def test_administration_and_conversations_are_joined_only_on_purpose(world: DeskWorld):
    lead = await world.staff("lead", roles=("lead",))
    await world.account("anna")
    member, both = f"team/{account_id('anna')}", ["counsellor", "admin"]
    assert (await send(lead, member, do="roles", role=both))[1].endswith("mixed_roles")
    assert (await send(lead, member, do="roles", role=both, mixed="1"))[1].endswith("saved")
    assert 'class="badge"' in await page(lead, "team")


async def test_a_technical_admin_never_comes_near_conversations(world: DeskWorld):
    admin = await world.staff("tech", roles=("admin",))
    await world.account("lead", roles=("lead",))
    await world.account("anna")
    member = f"team/{account_id('anna')}"
    for do in ("password", "second"):
        assert (await send(admin, member, do=do))[1].endswith("not_allowed")
    assert (await send(admin, member, do="roles", role=["admin"]))[1].endswith("not_allowed")
    assert (await send(admin, "team", login="x1", name="X", role=["counsellor"]))[1].endswith("not_allowed")
    assert (await send(admin, f"team/{account_id('tech')}", do="roles", role=["lead"]))[1].endswith("not_allowed")
    assert (await send(admin, member, do="lock"))[1].endswith("saved")
    assert (await send(admin, "team", login="x1", name="X", role=["analyst"]))[0] == 200
    denied = [one for one in await newest(world.store, world.clock.now(), 50) if one.result == "denied"]
    assert {one.verb for one in denied} == {"account-change"}


async def test_nobody_saws_off_the_branch_they_sit_on(world: DeskWorld):
    lead = await world.staff("lead", roles=("lead",))
    me = f"team/{account_id('lead')}"
    assert (await send(lead, me, do="lock"))[1].endswith("yourself")
    assert (await send(lead, me, do="roles", role=["analyst"]))[1].endswith("yourself")
    await world.account("tech", roles=("admin",))
    assert (await send(lead, f"team/{account_id('tech')}", do="lock"))[1].endswith("saved")


async def test_cases_of_a_locked_account_go_back_to_the_queue_with_their_age(world: DeskWorld):
    lead, anna = await world.staff("lead", roles=("lead",)), await world.staff("anna")
    await world.ask("p", "K-1")
    asked = world.clock.now()
    world.fake.advance(60_000)
    assert (await anna.post("cases/K-1/claim"))[0] == 200
    world.fake.advance(60_000)
    assert (await send(lead, f"team/{account_id('anna')}", do="lock"))[1].endswith("saved")
    _, board = await lead.get("board")
    for _ in range(50):
        if board["waiting"]:
            break
        _, board = await lead.get("board")
    (card,) = board["waiting"]
    assert (card["number"], card["since"]) == ("K-1", asked)


async def test_hostile_names_are_refused_or_shown_as_text(world: DeskWorld):
    lead = await world.staff("lead", roles=("lead",))
    for name in ("\u202eevil", "x" * 61, "a\nb\x00", "x" * 10_000, "\u2066a\u2069"):
        status, told = await send(lead, "team", login="anna", name=name, role=["counsellor"])
        assert (status, told) == (303, "/desk/team?said=bad_name"), name
    for n, name in enumerate(("<script>alert(1)</script>", "=1+1", "{{ 7*7 }}", '"><img src=x onerror=a>')):
        assert (await send(lead, "team", login=f"anna{n}", name=name, role=["counsellor"]))[0] == 200
    html = await page(lead, "team")
    assert "<script>" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    assert len(await list_accounts(world.store, world.clock.now())) == 5


async def test_the_audit_log_is_for_leads_and_data_protection(world: DeskWorld):
    roles: list[Role] = ["counsellor", "lead", "editor", "analyst", "admin", "privacy"]
    seen = {}
    for role in roles:
        window = await world.staff(role, roles=(role,))
        answer = await window.http.get(f"{world.base}/desk/audit")
        seen[role] = answer.status
    assert {role for role, status in seen.items() if status == 200} == {"lead", "privacy"}
    assert set(seen.values()) == {200, 404}


def test_every_refusal_of_the_pages_has_its_words():
    folder = Path(__file__).resolve().parents[3] / "handoff"
    names = ("accounts", "passwords", "second", "team", "account_pages", "team_pages")
    source = "\n".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in names)
    codes = set(re.findall(r"""Refused\(\s*"(\w+)\"""", source)) | set(re.findall(r"""said="(\w+)\"""", source))
    assert {"weak_password", "not_allowed", "bad_mail", "wrong_code", "saved", "reset"} <= codes
    assert {f"said.{code}" for code in codes} <= set(TEXTS)


def test_whatever_stands_in_the_audit_log_has_its_words():
    root = Path(__file__).resolve().parents[3]
    files = [*(root / "handoff").glob("*.py"), root / "bots" / "commands" / "staff.py"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    found = set(re.findall(r"""verb="([a-z-]+)\"""", source))
    found |= set(re.findall(r"""_(?:write\(now, actor|note\(signed), "([a-z-]+)\"""", source))
    found |= {"read", "unlock", "second-off", "code-setup", "code-recovery", *get_args(CaseVerb)}
    found |= {f"page-{permission}" for permission in ("team", "numbers", "audit")}
    assert {"sign-in", "roles", "account-change"} <= found
    assert {f"did.{verb}" for verb in found} <= set(TEXTS)
    assert {f"ended.{result}" for result in re.findall(r"""result="([a-z]+)\"""", source)} <= set(TEXTS)
