/** One of several answers by its letter, as a merge's model is told of them. The letter is a large one: `an answer a …` is not. */
const lettered =
  /(?<![\p{L}\p{N}])(?:[Aa]nswers?|ANSWERS?|[Rr]esponses?|[Aa]ntwort(?:en)?|[Rr]éponses?|[Rr]espuestas?|[Rr]isposta|[Rr]isposte)[\s"'“”„*_(]{1,4}[A-L](?![\p{L}\p{N}'’])/u;

/** Words that speak of several answers to one question. */
const several =
  /(?<![\p{L}\p{N}])(?:(?:both|two|three|all|other|given|provided|previous|above|these|those|combined|merged|source)(?: of)?(?: the| these)?(?: two| three| given| provided| previous)? (?:answers|responses)|(?:combined|merged|synthesi[sz]ed) (?:answer|response)|(?:answers|responses) (?:above|provided|given|below)|(?:beiden?|anderen|obigen|gegebenen|vorliegenden|mehrere[rn]?) antworten|(?:deux|autres|précédentes) réponses|(?:ambas|otras|dos) respuestas|(?:due|altre) risposte)(?![\p{L}\p{N}])/iu;

/**
 * Whether a merge's text speaks of the answers that it is made of, though its model is told not to: its reader then knows
 * that it is one. It errs on the side of finding that, in the languages that it knows.
 */
export function speaksOfAnswers(text: string): boolean {
  return lettered.test(text) || several.test(text);
}
