// What the pages do beyond HTML: play a clip with a line that moves over its pictures, and keys. Without it, the browser's
// own player stands there.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  let playing = null; // the audio that sounds, one at a time

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
      if (isOver(audio)) audio.pause();
    }
    if (!audio.paused) requestAnimationFrame(draw);
  };

  const play = (audio) => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    if (isOver(audio)) audio.currentTime = 0;
    audio.play().catch(() => {}); // what fails is said by its error event
  };

  const show = (audio, sounds) => {
    const { button, clip } = parts(audio);
    button.setAttribute("aria-pressed", String(sounds));
    clip.classList.toggle("sounding", sounds);
    if (sounds) requestAnimationFrame(draw);
  };

  document.addEventListener("click", (event) => {
    const picture = event.target.closest(".picture");
    const button = event.target.closest(".play");
    if (!picture && !button) return;
    const { audio } = parts(event.target);
    if (!audio) return;
    if (button) {
      if (audio.paused) play(audio);
      else audio.pause();
      return;
    }
    const box = picture.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const start = () => {
      audio.currentTime = share * length(audio);
      play(audio);
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
    } else if (at.matches(".play") && /^Arrow(Left|Right)$/.test(event.key)) {
      if (beside(at, ".play", event.key === "ArrowRight" ? 1 : -1)) event.preventDefault();
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
