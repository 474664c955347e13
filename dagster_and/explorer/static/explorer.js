// What the pages do beyond HTML: play a clip with a line that moves over its pictures, and keys. Without it, the browser's
// own player stands there.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  let playing = null; // the audio that sounds, one at a time
  let until = null; // where it halts, of a moment
  let pressed = null; // the button that started it
  const SHORTEST_S = 1; // of what is played: the ear makes nothing of less

  const parts = (element) => {
    const clip = element.closest(".clip");
    return clip && {
      clip,
      audio: clip.querySelector("audio"),
      button: clip.querySelector(".play"),
      head: clip.querySelector(".playhead"),
    };
  };

  // what was heard of a file may be its beginning: "#t=0,5"
  const length = (audio) => {
    const heard = /#t=0,([\d.]+)$/.exec(audio.src);
    return heard ? Math.min(audio.duration, Number(heard[1])) : audio.duration;
  };
  const isOver = (audio) => audio.currentTime >= length(audio) && length(audio) < audio.duration;

  const draw = () => {
    if (!playing) return;
    const { audio, head } = parts(playing);
    if (audio.duration) {
      head.hidden = false;
      head.style.left = `${(100 * audio.currentTime) / length(audio)}%`;
      if (isOver(audio) || (until !== null && audio.currentTime >= until)) audio.pause();
    }
    if (!audio.paused) requestAnimationFrame(draw);
  };

  const play = (audio, button, to) => {
    if (playing && playing !== audio) playing.pause();
    if (pressed && pressed !== button) pressed.setAttribute("aria-pressed", "false");
    playing = audio;
    until = to;
    pressed = button;
    if (isOver(audio)) audio.currentTime = 0;
    if (!audio.paused) show(audio, true);
    audio.play().catch(() => {}); // what fails is said by its error event
  };

  const show = (audio, sounds) => {
    const { button, clip } = parts(audio);
    (audio === playing && pressed ? pressed : button).setAttribute("aria-pressed", String(sounds));
    clip.classList.toggle("sounding", sounds);
    if (sounds) requestAnimationFrame(draw);
  };

  document.addEventListener("click", (event) => {
    const picture = event.target.closest(".picture");
    const button = event.target.closest(".play, .whole");
    if (!picture && !button) return;
    const { audio, button: main } = parts(event.target);
    if (!audio) return;
    const isOwn = pressed === button && playing === audio;
    if (button && isOwn && !audio.paused) return audio.pause();
    const { from, to } = (button && button.dataset) || {};
    const isMoment = from !== undefined;
    if (button && !isMoment && isOwn) return play(audio, button, null); // on from where it was halted
    const box = picture.getBoundingClientRect();
    const share = button ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const start = () => {
      audio.currentTime = isMoment ? Number(from) : share * length(audio);
      play(audio, button || main, isMoment ? Math.max(Number(to), Number(from) + SHORTEST_S) : null);
    };
    if (audio.readyState) start();
    else {
      audio.addEventListener("loadedmetadata", start, { once: true });
      audio.load();
    }
  });

  // these events don't bubble
  document.addEventListener("play", (event) => show(event.target, true), true);
  document.addEventListener("pause", (event) => show(event.target, false), true);
  document.addEventListener("ended", (event) => {
    parts(event.target).head.hidden = true;
    show(event.target, false);
  }, true);
  document.addEventListener("error", (event) => {
    const found = event.target.closest && parts(event.target);
    if (!found) return;
    found.clip.classList.add("silent");
    found.clip.querySelector(".trouble").hidden = false;
  }, true);

  // "/" goes to the search; arrows go from result to result, and from clip to clip
  const beside = (from, selector, step) => {
    const all = [...document.querySelectorAll(selector)];
    const next = all[all.indexOf(from) + step];
    if (next) next.focus();
    return Boolean(next);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    const types = /^(input|select|textarea)$/i.test(at.tagName);
    if (event.key === "/" && !types) {
      const search = document.querySelector("#q, .find input");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "ArrowDown" && at.id === "q") {
      const first = document.querySelector(".result");
      if (first) {
        event.preventDefault();
        first.focus();
      }
    } else if (at.matches(".result") && /^Arrow(Up|Down)$/.test(event.key)) {
      if (beside(at, ".result", event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    } else if (at.matches(".play, .whole") && /^Arrow(Left|Right)$/.test(event.key)) {
      const kind = at.matches(".play") ? ".play" : ".whole";
      if (beside(at, kind, event.key === "ArrowRight" ? 1 : -1)) event.preventDefault();
    } else if (at.matches(".play, .whole") && /^Arrow(Up|Down)$/.test(event.key)) {
      const other = parts(at).clip.querySelector(at.matches(".play") ? ".whole" : ".play");
      if (other) {
        event.preventDefault();
        other.focus();
      }
    }
  });

  // the address says only what was asked for
  document.addEventListener("htmx:configRequest", (event) => {
    const asked = event.detail.parameters;
    for (const name of Object.keys(asked)) {
      if (asked[name] === "" || (name === "by" && asked[name] === "words")) delete asked[name];
    }
  });
})();
