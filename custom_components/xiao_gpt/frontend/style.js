/** What the page looks like, in the colours of whatever theme there is. */
export const STYLE = `
:host {
  --calm: color-mix(in srgb, var(--primary-color) 14%, var(--card-background-color));
  --quiet: var(--secondary-text-color);
  --radius: 18px;
  display: flex;
  flex-direction: column;
  /* What the page is put into is as high as the page, and leaves the notch and the home bar free. */
  height: calc(100dvh - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px));
  box-sizing: border-box;
  background: var(--primary-background-color);
  color: var(--primary-text-color);
  font: 15px/1.6 var(--ha-font-family-body, var(--paper-font-body1_-_font-family, sans-serif));
}
[hidden] { display: none !important; }
h1, h2, p { margin: 0; }
ha-icon { --mdc-icon-size: 18px; flex: none; display: inline-flex; width: 18px; height: 18px; }
ha-card { display: block; background: var(--card-background-color); }

header {
  display: flex;
  align-items: center;
  flex: none;
  height: var(--header-height, 56px);
  padding: 0 12px;
  box-sizing: border-box;
  background: var(--app-header-background-color);
  color: var(--app-header-text-color, var(--text-primary-color));
  border-bottom: var(--app-header-border-bottom, none);
}
header ha-menu-button { flex: none; }
h1 { margin-inline-start: 12px; font-size: 20px; font-weight: 400; line-height: 1.2; }

.tabs {
  display: flex;
  flex: none;
  gap: 8px;
  padding: 12px max(16px, calc((100% - 728px) / 2)) 4px;
  overflow-x: auto;
  scrollbar-width: none;
}
.tabs button {
  position: relative;
  display: inline-flex;
  align-items: center;
  gap: 6px;
  flex: none;
  min-height: 36px;
  padding: 0 14px;
  border: 1px solid var(--divider-color);
  border-radius: 999px;
  background: var(--card-background-color);
  color: var(--primary-text-color);
  font: inherit;
  font-size: 14px;
  cursor: pointer;
}
.tabs button.chosen { border-color: transparent; background: var(--calm); color: var(--primary-color); }
.tabs .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--accent-color); }

.notice {
  display: flex;
  align-items: center;
  gap: 10px;
  flex: none;
  box-sizing: border-box;
  width: calc(100% - 32px);
  max-width: 728px;
  margin: 12px auto 0;
  padding: 8px 14px;
  border-radius: 12px;
  background: color-mix(in srgb, var(--warning-color, #ffa600) 14%, var(--card-background-color));
  font-size: 14px;
}
.notice ha-icon { color: var(--warning-color, #ffa600); }
.notice span { flex: 1; }

.feed {
  flex: 1;
  min-height: 0;
  overflow-y: auto;
  overscroll-behavior: contain;
  mask-image: linear-gradient(transparent, #000 12px calc(100% - 12px), transparent);
}
.column { box-sizing: border-box; max-width: 760px; margin: 0 auto; padding: 8px 16px 16px; }
.day { margin: 12px 0; color: var(--quiet); font-size: 13px; text-align: center; }
.exchange { display: flex; flex-direction: column; gap: 10px; margin-bottom: 22px; overflow-wrap: anywhere; }
.exchange p { white-space: pre-wrap; }

.question { align-self: flex-end; max-width: 82%; }
.question p { padding: 8px 16px; border-radius: var(--radius) var(--radius) 6px var(--radius); background: var(--calm); }

.answer { display: flex; align-items: flex-start; gap: 10px; }
.answer ha-card {
  --ha-card-border-radius: 6px var(--radius) var(--radius) var(--radius);
  min-width: 0;
  padding: 10px 16px;
}
.face {
  display: flex;
  flex: none;
  width: 32px;
  height: 32px;
  margin-top: 5px;
  border-radius: 50%;
  background: color-mix(in srgb, var(--quiet) 16%, transparent);
  color: var(--quiet);
}
.face ha-icon { margin: auto; }
.face.agent { background: var(--calm); color: var(--primary-color); }
.silent { color: var(--quiet); }

/* A dot stands between two facts, but never at the beginning of a line: it is cut off there. */
.meta {
  display: flex;
  flex-wrap: wrap;
  margin: 6px 0 0 -14px;
  clip-path: inset(0 0 0 14px);
  color: var(--quiet);
  font-size: 12.5px;
}
.meta b { font-weight: 500; }
.meta span { position: relative; padding-left: 14px; }
.meta span::before { content: "·"; position: absolute; left: 5px; }

.correction { display: flex; flex-wrap: wrap; align-items: center; gap: 0 14px; margin: 2px 0 -4px; font-size: 13px; }
.noted { display: inline-flex; align-items: center; gap: 4px; color: var(--success-color, #43a047); }
.link {
  display: inline-flex;
  align-items: center;
  gap: 4px;
  min-height: 32px;
  padding: 0;
  border: 0;
  background: none;
  color: var(--primary-color);
  font: inherit;
  font-size: 13px;
  cursor: pointer;
}
.link:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }

.pending { display: flex; align-items: center; gap: 18px; }
.dots { display: flex; gap: 5px; }
.dots i {
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--quiet);
  animation: breathe 1.2s infinite ease-in-out;
}
.dots i:nth-child(2) { animation-delay: 0.2s; }
.dots i:nth-child(3) { animation-delay: 0.4s; }
@keyframes breathe { 0%, 70%, 100% { opacity: 0.25; } 35% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .dots i { animation: none; opacity: 0.5; } }

.exchanges:not(:empty) ~ .nothing, .waiting:not(:empty) ~ .nothing { display: none; }
.blank { display: flex; flex-direction: column; align-items: center; gap: 6px; padding: 15vh 24px 0; text-align: center; }
.blank ha-icon { --mdc-icon-size: 48px; width: 48px; height: 48px; margin-bottom: 8px; color: var(--quiet); opacity: 0.6; }
.blank h2 { font-size: 18px; font-weight: 500; }
.blank p { color: var(--quiet); }

.composer { flex: none; box-sizing: border-box; width: 100%; max-width: 760px; margin: 0 auto; padding: 4px 16px 16px; }
.composer ha-card { --ha-card-border-radius: var(--radius); padding: 12px 10px 8px 16px; }
.composer ha-card:focus-within { border-color: var(--primary-color); }
textarea {
  display: block;
  box-sizing: border-box;
  width: 100%;
  padding: 0;
  border: 0;
  outline: 0;
  resize: none;
  background: none;
  color: inherit;
  font: inherit;
  font-size: 16px;
  line-height: 24px;
}
textarea::placeholder { color: var(--quiet); opacity: 1; }
.actions { display: flex; align-items: center; gap: 4px; margin-top: 6px; }
.status { flex: 1; min-width: 0; color: var(--quiet); font-size: 12.5px; line-height: 1.4; }
@media (hover: none), (max-width: 600px) { .status.hint { visibility: hidden; } }
`;
