// What the parts of a card need to know of the card they are in.
import { createContext, useContext } from "../vendor/preact-htm.js";

export const CardContext = createContext(null);

/**
 * messageId, chatId, streaming, pace, isV2, lang ("zh" or "en"), person (who reads), and the card's
 * own colours and sizes.
 */
export const useCard = () => useContext(CardContext);
