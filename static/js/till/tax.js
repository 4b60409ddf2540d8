// The tax within a price: the twin of almakane/sales/tax.py.

import { inside } from "./money.js";

export const EXEMPT_BY_NATURE = "art91"; // handmade rugs of local production, CGI art. 91-I-C-4
export const EXEMPT_SELLER = "exempt_seller"; // a cooperative or artisan below the thresholds

/** The tax of a line: the seller is the maker in regime B, the hub in A and C. */
export function lineTax(taxClass, sellerLiable, vatBp, reducedBp) {
  if (taxClass === "exempt") return { rate_bp: 0, code: EXEMPT_BY_NATURE };
  if (!sellerLiable) return { rate_bp: 0, code: EXEMPT_SELLER };
  if (taxClass === "reduced") return { rate_bp: reducedBp, code: `vat${reducedBp}` };
  return { rate_bp: vatBp, code: `vat${vatBp}` };
}

/** The tax that a line's total contains, in centimes. */
export function taxOf(total, rateBp) {
  return inside(total, rateBp);
}
