"""What a person sees and clicks: adding the integration, a speaker's device and its switch, talking in Assist.

A real Chromium looks at a real Home Assistant; the pictures go into `.run/screenshots`, and some of them into the
documentation, see `pictures.py`.
"""

from dataclasses import dataclass

import pytest

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from playwright.async_api import expect

from simulator.llm_replies import own_answer
from tests.e2e.home import LAMP, SPEAKER, Home
from tests.e2e.screen import Screen, open_screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = "/config/integrations/dashboard/add?domain=xiao_gpt"

QUESTION = "为什么天空是蓝色的？"

SHOWS = """image => new Promise(done => {
    const tell = () => done(image.naturalWidth > 0);
    if (image.complete) tell(); else { image.onload = tell; image.onerror = tell; }
})"""


async def test_everything_can_be_done_in_the_ui(home: Home):
    await home.remove()
    async with open_screen(home, "zh-Hans", "/config/integrations/dashboard", "set-up") as screen:
        await add_integration(screen, home)
        await switch_on(screen, home)
        await look_at_the_assistant(screen)
        await add_assistant(screen)
        await talk(screen, home)


async def add_integration(screen: Screen, home: Home) -> None:
    account, service, model = home.right_answers()

    await screen.page.get_by_text("添加集成").click()
    catalogue = screen.page.locator("dialog-add-integration")
    await catalogue.locator("input").first.fill("小爱")
    found = catalogue.get_by_text("XiaoGPT 小爱音箱大模型")
    await found.wait_for()
    assert await catalogue.locator("img").first.evaluate(SHOWS)
    await screen.picture("search")
    await found.click()

    menu = screen.flow.locator("step-flow-menu")
    await expect(menu).to_contain_text("用米家 App 扫码登录")
    await screen.picture("ways-to-log-in")
    await menu.get_by_text("账号密码登录").click()
    await screen.field("username").wait_for()
    await screen.picture("account")
    wrong = account | {"password": "not-my-password"}
    await screen.submit(**wrong)
    await screen.refuses("小米没有接受这次登录", **wrong)
    await screen.picture("wrong-password")
    await screen.submit(password=account["password"])

    await expect(screen.field("base_url")).to_have_value("https://api.openai.com/v1")
    await screen.picture("service")
    wrong = service | {"api_keys": ["sk-nobody-has-this-key"]}
    await screen.submit(**wrong)
    await screen.refuses("服务不接受这个 API 密钥", **wrong)
    await screen.picture("wrong-key")
    await screen.submit(api_keys=service["api_keys"])

    picker = screen.form.locator("ha-picker-field")
    await expect(picker).to_contain_text(model["model"])
    await screen.picture("model")
    await screen.choose(picker, home.sim.llm.settings.models[1], "models")
    await screen.submit()

    created = screen.page.locator("step-flow-create-entry")
    await created.wait_for()
    await screen.picture("created")
    speaker = created.locator(".device").filter(has_text="小爱音箱 Pro")
    await screen.choose(speaker.locator("ha-area-picker"), "客厅", "areas")
    await screen.submit()
    await screen.flow.locator("ha-dialog").wait_for(state="detached")


async def switch_on(screen: Screen, home: Home) -> None:
    await screen.go("/config/integrations/integration/xiao_gpt")
    device = screen.page.locator("ha-config-entry-device-row").filter(has_text=SPEAKER)
    await expect(device).to_contain_text("客厅")
    await expect(screen.page.get_by_text("添加账号")).to_be_visible()
    await screen.picture("integration")
    await device.locator("ha-list-item-button").click()
    row = screen.page.locator("hui-toggle-entity-row").filter(has_text="高级对话")
    await expect(row).to_be_visible()
    await screen.picture("device")
    await row.locator("ha-switch").click()
    await home.look_around()
    await home.house.wait_for_state(home.switch, "on")
    await expect(row.get_by_role("switch")).to_be_checked()
    await screen.picture("switched-on")


async def look_at_the_assistant(screen: Screen) -> None:
    await screen.go("/config/integrations/integration/xiao_gpt")
    assistant = screen.page.locator("ha-config-sub-entry-row").filter(has_text="小爱 GPT")
    await assistant.locator(".sub-entry > ha-icon-button[slot='end']").click()
    await expect(screen.form).to_contain_text("人设与指示")
    await screen.picture("persona")
    tools = screen.form.get_by_text("控制家里的设备").first
    await tools.evaluate("field => field.scrollIntoView({block: 'center'})")
    await expect(tools).to_be_in_viewport()
    await screen.picture("tools")
    await screen.submit()
    await expect(screen.flow).to_contain_text("助手已更新")
    await screen.picture("persona-changed")
    await screen.submit()
    await screen.flow.locator("ha-dialog").wait_for(state="detached")


async def add_assistant(screen: Screen) -> None:
    await screen.go("/config/voice-assistants/assistants")
    await screen.page.locator("assist-pref ha-button.add").click()
    dialog = screen.page.locator("dialog-voice-assistant-pipeline-detail")
    await dialog.locator("input[name='name']").fill("小爱 GPT")
    await dialog.locator("ha-conversation-agent-picker").click()
    await screen.page.locator("ha-dropdown-item").filter(has_text="小爱 GPT").click()
    await screen.picture("assistant")
    await dialog.locator("ha-dialog-footer ha-button").last.click()
    await dialog.locator("ha-dialog").wait_for(state="detached")


async def talk(screen: Screen, home: Home) -> None:
    await screen.go("/home")
    # The overview is there, and with it the key for Assist.
    await screen.page.get_by_text("卧室").first.wait_for()
    await screen.page.keyboard.press("a")
    dialog = screen.page.locator("ha-voice-command-dialog")
    await dialog.locator("ha-dropdown ha-button").click()
    await dialog.locator("ha-dropdown-item").filter(has_text="小爱 GPT").click()
    for words in (QUESTION, "打开客厅灯"):
        await dialog.locator("ha-assist-chat input").fill(words)
        await screen.page.keyboard.press("Enter")
        if words == QUESTION:
            await expect(dialog.locator("ha-markdown-element").last).to_have_text(own_answer(QUESTION))
    await home.house.wait_for_state(LAMP, "on")
    await expect(dialog.locator("ha-markdown-element").last).to_contain_text("已打开")
    await screen.picture("assist")


@pytest.mark.parametrize(
    ("language", "keyword_field", "sections"),
    [
        ("zh-Hans", "关键词", ("谁来回答", "口令", "倾听")),
        ("en", "Keyword", ("Who answers", "Voice commands", "Listening")),
    ],
)
async def test_the_options_are_set_in_one_form(
    home: Home, language: str, keyword_field: str, sections: tuple[str, ...]
):
    await home.set_up()
    async with open_screen(home, language, "/config/integrations/integration/xiao_gpt", "options") as screen:
        entry = screen.page.locator("ha-config-entry-row")
        await entry.locator("ha-icon-button[slot='end']").first.click()
        await expect(screen.form).to_contain_text(keyword_field)
        await screen.picture("dialogue")
        for section in sections:
            title = screen.form.get_by_text(section, exact=True)
            await title.click()
            await title.evaluate("title => title.scrollIntoView({block: 'start'})")
            await screen.picture(section)
        await screen.form.locator("input[type='number']").first.fill("30")
        await screen.submit()
        await screen.form.wait_for(state="detached")
        await screen.picture("saved")
        await screen.submit()
        await screen.flow.locator("ha-dialog").wait_for(state="detached")
    (known,) = await home.entries()
    flow = await home.house.flow(known["entry_id"], kind="options")
    dialogue = next(field for field in flow["data_schema"] if field["name"] == "dialogue")
    assert {field["name"]: field.get("default") for field in dialogue["schema"]}["session_minutes"] == 30


async def test_everything_speaks_english_too(home: Home):
    await home.remove()
    await home.house.ws("config/core/update", language="en")  # in which entities get their names
    try:
        async with open_screen(home, "en", ADD, "set-up") as screen:
            await add_in_english(screen, home)
            await switch_on_in_english(screen, home)
            await add_once_more(screen, home)
    finally:
        await home.house.ws("config/core/update", language=home.house.language)
        await home.remove()


async def add_in_english(screen: Screen, home: Home) -> None:
    account, service, model = home.right_answers()
    await screen.page.locator("dialog-box").get_by_text("OK", exact=True).click()
    menu = screen.flow.locator("step-flow-menu")
    await expect(menu).to_contain_text("Log in with the account")
    await screen.picture("ways-to-log-in")
    await menu.get_by_text("Account and password").click()
    await expect(screen.form).to_contain_text("a captcha or a verification code")
    await screen.picture("account")
    wrong = account | {"password": "not-my-password"}
    await screen.submit(**wrong)
    await screen.refuses("Xiaomi does not accept this login.", **wrong)
    await screen.picture("wrong-password")
    await screen.submit(password=account["password"])
    await screen.field("base_url").wait_for()
    await screen.picture("service")
    await screen.submit(**service)
    await expect(screen.form.locator("ha-picker-field")).to_contain_text(model["model"])
    await screen.picture("model")
    await screen.submit()
    await screen.page.locator("step-flow-create-entry").wait_for()
    await screen.picture("created")
    await screen.submit()
    await screen.flow.locator("ha-dialog").wait_for(state="detached")


async def switch_on_in_english(screen: Screen, home: Home) -> None:
    await home.look_around()
    await home.turn("off")  # it is as it was when the integration was there before
    await screen.go("/config/integrations/integration/xiao_gpt")
    device = screen.page.locator("ha-config-entry-device-row").filter(has_text=SPEAKER)
    await device.locator("ha-list-item-button").click()
    row = screen.page.locator("hui-toggle-entity-row").filter(has_text="Advanced dialogue")
    await row.locator("ha-switch").click()
    await home.house.wait_for_state(home.switch, "on")
    await expect(row.get_by_role("switch")).to_be_checked()
    await screen.picture("switched-on")


async def add_once_more(screen: Screen, home: Home) -> None:
    await screen.go(ADD)
    await screen.page.locator("dialog-box").get_by_text("OK", exact=True).click()
    await screen.flow.locator("step-flow-menu").get_by_text("Account and password").click()
    await screen.submit(**home.right_answers()[0])
    await expect(screen.flow).to_contain_text("This Xiaomi account is set up already.")
    await screen.picture("already-configured")


@dataclass(frozen=True)
class Words:
    """What is read in the forms of a login that wants everything."""

    ok: str
    password: str
    another_picture: str
    by_phone: str
    wrong_code: str


VERIFICATION = {
    "zh-Hans": Words("确定", "账号密码登录", "已换一张新图片", "短信", "验证码错误或已失效"),
    "en": Words("OK", "Account and password", "Here is a new one", "Text message", "The code is wrong"),
}


@pytest.mark.parametrize("language", VERIFICATION)
async def test_captcha_and_verification_are_passed_in_the_forms(home: Home, language: str):
    await home.remove()
    home.sim.settings.update({"captcha": True, "verification": True, "verification_interval": 0.0})
    home.sim.world.account.distrust()
    try:
        async with open_screen(home, language, ADD, "verification") as screen:
            await log_in_with_everything(screen, home, VERIFICATION[language])
    finally:
        home.sim.settings.update({"captcha": False, "verification": False, "verification_interval": 60.0})


async def log_in_with_everything(screen: Screen, home: Home, words: Words) -> None:
    account = home.sim.world.account
    await screen.page.locator("dialog-box").get_by_text(words.ok, exact=True).click()
    await screen.flow.locator("step-flow-menu").get_by_text(words.password).click()
    await screen.submit(**home.right_answers()[0])

    picture = screen.form.locator("ha-markdown img")
    await picture.wait_for()
    assert await picture.evaluate(SHOWS)
    await screen.picture("captcha")
    await screen.submit(captcha="wrong")
    await screen.refuses(words.another_picture)
    assert await picture.evaluate(SHOWS)
    await screen.submit(captcha=account.as_json()["captchas"][-1])

    await expect(screen.form).to_contain_text(words.by_phone)
    await screen.picture("verification")
    await screen.submit()
    await expect(screen.form).to_contain_text("138****8000")
    await screen.picture("code")
    await screen.submit(code="000000")
    await screen.refuses(words.wrong_code)
    await screen.submit(code=home.sim.settings.verification_code)
    await screen.field("base_url").wait_for()


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_a_qr_code_is_shown_and_goes_on_by_itself_when_it_is_scanned(home: Home, language: str):
    await home.remove()
    async with open_screen(home, language, ADD, "qr-code") as screen:
        ok, scan = ("确定", "用米家 App 扫码登录") if language == "zh-Hans" else ("OK", "Scan a QR code")
        await screen.page.locator("dialog-box").get_by_text(ok, exact=True).click()
        await screen.flow.locator("step-flow-menu").get_by_text(scan).click()
        picture = screen.flow.locator("step-flow-progress ha-markdown img")
        await picture.wait_for()
        assert await picture.evaluate(SHOWS)
        await screen.picture("qr-code")
        home.sim.world.account.scan()
        await screen.field("base_url").wait_for()
        await screen.picture("scanned")


@pytest.mark.parametrize(
    ("language", "repair", "advice", "scan", "done"),
    [
        ("zh-Hans", "小米不再接受登录状态", "推荐扫码", "用米家 App 扫码登录", "已重新登录"),
        ("en", "Xiaomi no longer accepts the login", "the QR code is the easiest", "Scan a QR code", "logged in again"),
    ],
)
async def test_a_lost_login_is_told_and_mended(
    home: Home, language: str, repair: str, advice: str, scan: str, done: str
):
    await home.set_up()
    await home.turn("off")
    async with open_screen(home, language, "/config/repairs", "lost-login") as screen:
        home.expected.add("Login refused with code 70016")
        home.sim.world.account.expire("all")
        listed = screen.page.get_by_text(repair)
        await listed.first.wait_for()
        await screen.picture("repairs")
        await listed.first.click()
        await expect(screen.form).to_contain_text(advice)
        await screen.picture("what-to-do")
        await screen.submit()
        menu = screen.flow.locator("step-flow-menu")
        await expect(menu).to_contain_text(scan)
        await screen.picture("ways-to-log-in-again")
        await menu.get_by_text(scan).click()
        await screen.flow.locator("step-flow-progress ha-markdown img").wait_for()
        home.sim.world.account.scan()
        await expect(screen.flow).to_contain_text(done)
        await screen.picture("logged-in-again")
        await home.house.wait_for_state(home.switch, "off")
        await screen.submit()
        await listed.first.wait_for(state="detached")
