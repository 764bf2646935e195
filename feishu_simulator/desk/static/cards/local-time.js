// Times in the reader's own zone, in the formats of <local_datetime>.

const FORMATS = {
  date_short: { month: "short", day: "numeric" },
  date: { year: "numeric", month: "long", day: "numeric" },
  week: { weekday: "long" },
  week_short: { weekday: "short" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  time_sec: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};

const two = (number) => String(number).padStart(2, "0");

/** date_num, the default, is 2019-03-15. */
export function localTime(ms, format, lang) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "";
  if (format === "timezone") {
    const minutes = -date.getTimezoneOffset();
    const far = Math.abs(minutes);
    return `GMT${minutes < 0 ? "-" : "+"}${Math.floor(far / 60)}:${two(far % 60)}`;
  }
  const options = Object.hasOwn(FORMATS, format ?? "") ? FORMATS[format] : null;
  if (!options) return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en-US", options).format(date);
}
