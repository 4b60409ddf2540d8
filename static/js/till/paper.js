// What a strip of paper holds, before anybody knows which printer or screen will show it: the parts
// of almakane/gateways/paper.py, as plain objects with the same names.

export const text = (words, more = {}) => ({
  kind: "text", text: words, align: "start", bold: false, size: "plain", inverse: false, indent: 0, ...more,
});
export const row = (label, amounts, more = {}) => ({
  kind: "row", label, amounts, bold: false, size: "plain", indent: 0, ...more,
});
export const rule = (heavy = false) => ({ kind: "rule", heavy });
export const qr = (data) => ({ kind: "qr", data });
export const barcode = (code) => ({ kind: "barcode", code, symbology: "code128" });
export const feed = (lines = 1) => ({ kind: "feed", lines });
export const cut = () => ({ kind: "cut" });

export const CENTRE = { align: "centre" };
export const SMALL = { size: "small" };
