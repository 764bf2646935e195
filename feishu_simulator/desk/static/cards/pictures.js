// Components that are pictures: img and img_combination.
import { html } from "../vendor/preact-htm.js";
import { fileUrl } from "../api.js";
import { classes } from "./classes.js";
import { useCard } from "./context.js";
import { lengths } from "./measures.js";
import { Picture } from "./picture.js";
import { inLanguage, Text, wordsOf } from "./text.js";

const SIZES = {
  large: [160, 160], medium: [80, 80], small: [40, 40], tiny: [16, 16],
  stretch: null, stretch_without_padding: null,
};
const COMBINATIONS = new Set(["double", "triple", "bisect", "trisect"]);
const EXACT = /^(\d{1,3})(?:px)?\s+(\d{1,3})(?:px)?$/;

export function Image({ part }) {
  const { lang, isV2 } = useCard();
  const key = inLanguage(lang, part.i18n_img_key, part.img_key) ?? "";
  const size = isV2 ? part.size : part.size ?? part.mode;
  const exact = EXACT.exec(size ?? "")?.slice(1, 3);
  const [width, height] = exact ?? SIZES[size] ?? [];
  const own = Number(part.custom_width);
  const isCropped = part.scale_type?.startsWith("crop") || (width && part.scale_type !== "fit_horizontal");
  const style = {
    width: width && `${width}px`,
    height: height && `${height}px`,
    maxWidth: own ? `${Math.min(580, Math.max(278, own))}px` : undefined,
    objectFit: isCropped ? "cover" : undefined,
    objectPosition: part.scale_type === "crop_top" ? "top" : undefined,
    borderRadius: cornerOf(part),
  };
  const isEdge = size === "stretch_without_padding";
  const title = wordsOf(part.title, lang);
  return html`<figure
    class=${classes("c-image", !width && "c-image-wide", !width && isCropped && "c-image-cropped",
      isEdge && "c-image-edge")}
  >
    ${title && html`<figcaption><${Text} text=${part.title} /></figcaption>`}
    <${Picture}
      src=${fileUrl(key)} alt=${wordsOf(part.alt, lang)} canPreview=${part.preview !== false} style=${style}
    />
  </figure>`;
}

export function Combination({ part }) {
  const mode = COMBINATIONS.has(part.combination_mode) ? part.combination_mode : "trisect";
  const list = Array.isArray(part.img_list) ? part.img_list : [];
  return html`<div class=${`c-pictures c-pictures-${mode}`} style=${{ borderRadius: cornerOf(part) }}>
    ${list.map((one, index) => html`<${Picture} key=${index} src=${fileUrl(one?.img_key ?? "")} />`)}
  </div>`;
}

const cornerOf = ({ corner_radius: given }) => (/^\d{1,3}%$/.test(given) ? given : lengths(given));
