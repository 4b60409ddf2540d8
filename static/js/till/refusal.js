// What a till says no with: a word for its page, which has the sentence.

export class TillError extends Error {
  /**
   * @param {string} reason one of the words in index.js
   * @param {object} [values] what the sentence tells beside it
   * @param {string} [field] what in the basket is at fault
   */
  constructor(reason, values = {}, field = "") {
    super(reason);
    this.name = "TillError";
    this.reason = reason;
    this.values = values;
    this.field = field;
  }
}
