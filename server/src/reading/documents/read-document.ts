/** What is found in a document of Office; the text may be empty. */
export interface ReadDocument {
  text: string;
  /** Of a presentation. */
  pages?: number;
}
