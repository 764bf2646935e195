// Feishu's emoji by key ("Emoji introduction"), as the nearest characters of Unicode.

const EMOJI = {
  OK: "👌", THUMBSUP: "👍", ThumbsDown: "👎", THANKS: "🙏", MUSCLE: "💪", FINGERHEART: "🫰",
  APPLAUSE: "👏", FISTBUMP: "👊", JIAYI: "➕", DONE: "✅", SMILE: "🙂", BLUSH: "😊", LAUGH: "😄",
  SMIRK: "😏", LOL: "😂", FACEPALM: "🤦", LOVE: "🥰", WINK: "😉", PROUD: "😎", WITTY: "😜", SMART: "🤓",
  SCOWL: "😠", THINKING: "🤔", SOB: "😭", CRY: "😢", ERROR: "🚫", NOSEPICK: "🙄", HAUGHTY: "😤", SLAP: "🤚",
  SPITBLOOD: "🤮", TOASTED: "😵", GLANCE: "👀", DULL: "😐", INNOCENTSMILE: "😇", JOYFUL: "😁", WOW: "😮",
  TRICK: "😝", YEAH: "✌️", ENOUGH: "🥱", TEARS: "🥲", EMBARRASSED: "😳", KISS: "😘", SMOOCH: "😚",
  DROOL: "🤤", OBSESSED: "😍", MONEY: "🤑", TEASE: "😛", SHOWOFF: "😏", COMFORT: "🤗", CLAP: "👏",
  PRAISE: "👍", STRIVE: "💪", XBLUSH: "☺️", SILENT: "🤐", WAVE: "👋", WHAT: "❓", FROWN: "☹️", SHY: "😊",
  DIZZY: "😵", LOOKDOWN: "😔", CHUCKLE: "🤭", WAIL: "😫", CRAZY: "🤪", WHIMPER: "🥺", HUG: "🤗",
  BLUBBER: "😭", WRONGED: "🥺", HUSKY: "🐶", SHHH: "🤫", SMUG: "😏", ANGRY: "😡", HAMMER: "🔨",
  SHOCKED: "😱", TERROR: "😨", PETRIFIED: "🗿", SKULL: "💀", SWEAT: "😅", SPEECHLESS: "😶", SLEEP: "😴",
  DROWSY: "😪", YAWN: "🥱", SICK: "🤒", PUKE: "🤢", BETRAYED: "💔", HEADSET: "🎧", EatingFood: "🍽️",
  MeMeMe: "🙋", Sigh: "😮‍💨", Typing: "⌨️", Lemon: "🍋", Get: "🉐", LGTM: "👍", OnIt: "🫡",
  OneSecond: "☝️", VRHeadset: "🥽", YouAreTheBest: "🏆", SALUTE: "🫡", SHAKE: "🤝", HIGHFIVE: "🙌",
  UPPERLEFT: "👈", HEART: "❤️", HEARTBROKEN: "💔", ROSE: "🌹", PARTY: "🎉", GIFT: "🎁", CAKE: "🎂",
  BEER: "🍺", Fire: "🔥", BOMB: "💣", FIREWORKS: "🎆", POOP: "💩", Trophy: "🏆", Alarm: "⏰",
  Loudspeaker: "📢", Pin: "📌", CheckMark: "✔️", CrossMark: "❌", Yes: "✅", No: "❌", Hundred: "💯",
  AWESOMEN: "🤩", REDPACKET: "🧧", FORTUNE: "💰", LUCK: "🍀", LIPS: "💋", Coffee: "☕", MinusOne: "➖",
  Music: "🎵", XmasTree: "🎄", XmasHat: "🎅", Snowman: "⛄", BubbleTea: "🧋", Drumstick: "🍗",
  Pepper: "🌶️", CUCUMBER: "🥒", CANDIEDHAWS: "🍡", FIRECRACKER: "🧨", StickyRiceBalls: "🥣",
  CLEAVER: "🔪", Soccer: "⚽", Basketball: "🏀", BEAR: "🐻", BULL: "🐂", CALF: "🐮", RAINBOWPUKE: "🌈",
  SLIGHT: "🙂", TONGUE: "😛", EYESCLOSED: "😌", RoarForYou: "🦁",
};

const KEY = /:([A-Za-z][A-Za-z0-9_]{1,30}):/y;

/** Teach `md` to read :DONE: and the like; keys that Feishu does not have stay text. */
export function feishuEmoji(md) {
  md.inline.ruler.after("feishu_tag", "feishu_emoji", (state, silent) => {
    if (state.src.charCodeAt(state.pos) !== 0x3a) return false;
    KEY.lastIndex = state.pos;
    const key = KEY.exec(state.src)?.[1];
    if (!key || !Object.hasOwn(EMOJI, key)) return false;
    if (!silent) {
      const token = state.push("feishu_emoji", "", 0);
      token.content = EMOJI[key];
      token.meta = key;
    }
    state.pos += key.length + 2;
    return true;
  });
}

/** The character for an emoji_type, "" where Feishu has none by that name. */
export const emojiOf = (key) => (Object.hasOwn(EMOJI, key) ? EMOJI[key] : "");
