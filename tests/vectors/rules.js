// Cases of the rules, answered by the twins that a browser runs: `rules.json`, and whatever Python
// thought up. Run within a page, as `(cases) => answers`.
async (cases) => {
  const [money, basket, tax, folding, canonical, refusal, shift] = await Promise.all(
    ["money", "basket", "tax", "folding", "canonical", "refusal", "shift"].map((name) =>
      import(`/static/js/till/${name}.js`),
    ),
  );
  const rules = {
    divide: money.divide,
    rate: money.rate,
    inside: money.inside,
    allocate: money.allocate,
    to_step: money.toStep,
    parse_amount: money.parseAmount,
    divide_discount: basket.divideDiscount,
    settle: (...of) => Object.values(basket.settle(...of)),
    line_tax: (...of) => Object.values(tax.lineTax(...of)),
    plain: folding.plain,
    canonical: (value) => canonical.write(value),
    by_tender: shift.byTender,
  };
  return cases.map(([rule, of]) => {
    try {
      const is = rules[rule](...of);
      if (Object.is(is, -0)) return { refused: "minus zero" };
      return { is };
    } catch (error) {
      return { refused: error instanceof refusal.TillError ? error.reason : "error" };
    }
  });
}
