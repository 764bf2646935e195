// Which component draws which tag.
import { html } from "../vendor/preact-htm.js";
import { Audio } from "./audio.js";
import { Button } from "./button.js";
import { Chart } from "./chart.js";
import { Checker } from "./checker.js";
import { Select } from "./choices.js";
import { Form } from "./form.js";
import { CustomIcon, StandardIcon } from "./icons.js";
import { Input } from "./input.js";
import { Column, ColumnSet, InteractiveContainer } from "./layout.js";
import { Action, Note } from "./legacy.js";
import { Overflow } from "./overflow.js";
import { Panel } from "./panel.js";
import { Person, PersonList } from "./people.js";
import { Picker } from "./pickers.js";
import { SelectImage } from "./picture-choice.js";
import { Combination, Image } from "./pictures.js";
import { Div, MarkdownPart, PlainText, TextTag } from "./prose.js";
import { Table } from "./table.js";

const KINDS = () => ({
  action: Action,
  audio: Audio,
  button: Button,
  chart: Chart,
  checker: Checker,
  collapsible_panel: Panel,
  column: Column,
  column_set: ColumnSet,
  custom_icon: CustomIcon,
  date_picker: Picker,
  div: Div,
  form: Form,
  hr: Rule,
  img: Image,
  img_combination: Combination,
  input: Input,
  interactive_container: InteractiveContainer,
  lark_md: PlainText,
  markdown: MarkdownPart,
  multi_select_person: Select,
  multi_select_static: Select,
  note: Note,
  overflow: Overflow,
  person: Person,
  person_list: PersonList,
  picker_datetime: Picker,
  picker_time: Picker,
  plain_text: PlainText,
  select_img: SelectImage,
  select_person: Select,
  select_static: Select,
  standard_icon: StandardIcon,
  table: Table,
  text_tag: TextTag,
});

let kinds = null;

/** The component for a tag, or null. Looked up late: containers and this list need each other. */
export function kindOf(tag) {
  kinds ??= KINDS();
  return Object.hasOwn(kinds, tag) ? kinds[tag] : null;
}

function Rule() {
  return html`<hr />`;
}
