// A list that stays at its end while its end is read, and stands still while something above is.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";

const NEAR = 48;

/** {list, content: refs for the scrolled element and what is in it, away, toEnd}. */
export function useEnd(last) {
  const list = useRef(null);
  const content = useRef(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);

  const settle = useCallback(() => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);
  const toEnd = useCallback(() => {
    atEnd.current = true;
    setAway(false);
    settle();
  }, []);

  useLayoutEffect(settle, [last]);
  useEffect(() => {
    const element = list.current;
    let top = element.scrollTop;
    const onScroll = () => {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      // Only a reader goes up; a list that shrinks also does, but then nothing is below.
      if (element.scrollTop < top && below > 2) atEnd.current = false;
      else if (below < NEAR) atEnd.current = true;
      top = element.scrollTop;
      setAway(!atEnd.current);
    };
    const sizes = new ResizeObserver(settle);
    sizes.observe(element);
    sizes.observe(content.current);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);
  return { list, content, away, toEnd };
}
