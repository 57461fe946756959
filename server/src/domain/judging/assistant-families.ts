/** Models of one maker, and what answers call them and the maker, in whichever language and script. */
export interface AssistantFamily {
  /** The words by which a model is known to be of the family, in its id or its name, as `tokensOf` reads them. */
  marks: readonly string[];
  /** Names that count in any answer: whoever reads one thinks of an assistant, though some are also those of others. */
  names: readonly string[];
  /** Names that have other meanings as well: they count in the answers of the family's models. */
  ownNames: readonly string[];
}

export const assistantFamilies: readonly AssistantFamily[] = [
  {
    marks: ['openai', 'gpt', 'chatgpt'],
    names: ['OpenAI', 'ChatGPT', 'GPT', 'ЧатГПТ', 'チャットGPT', '챗GPT', '챗지피티', 'شات جي بي تي'],
    ownNames: ['o1', 'o3', 'o4', 'Copilot'],
  },
  {
    marks: ['anthropic', 'claude'],
    names: [
      'Anthropic',
      'Claude',
      'Антропик',
      'アンソロピック',
      'クロード',
      '앤트로픽',
      '클로드',
      '克劳德',
      '克勞德',
      'كلود',
    ],
    ownNames: ['Клод', 'Opus', 'Sonnet', 'Haiku'],
  },
  {
    marks: ['google', 'gemini', 'gemma', 'deepmind'],
    names: ['DeepMind', 'Gemini', 'Gemma', 'Джемини', 'ジェミニ', '제미나이', 'جيميناي'],
    ownNames: ['Google', 'Bard', 'Гугл', 'グーグル', '구글', '谷歌', '双子座'],
  },
  { marks: ['xai', 'grok'], names: ['Grok', 'Грок'], ownNames: ['xAI', 'X.AI', 'Elon Musk'] },
  { marks: ['perplexity', 'sonar'], names: ['Perplexity AI'], ownNames: ['Perplexity', 'Sonar'] },
  { marks: ['meta', 'llama'], names: ['Meta AI', 'Llama 2', 'Llama 3', 'Llama 4'], ownNames: ['Meta', 'Llama'] },
  {
    marks: ['mistral', 'mistralai', 'mixtral', 'codestral', 'magistral', 'ministral', 'pixtral', 'devstral'],
    names: ['Mistral AI', 'Mixtral', 'Codestral', 'Magistral', 'Ministral', 'Pixtral', 'Devstral'],
    ownNames: ['Mistral', 'Le Chat'],
  },
  { marks: ['deepseek'], names: ['DeepSeek', '深度求索', 'ディープシーク', '딥시크'], ownNames: [] },
  {
    marks: ['qwen', 'qwq', 'tongyi'],
    names: ['Qwen', 'QwQ', 'Tongyi Qianwen', '通义千问', '通義千問', '千问'],
    ownNames: ['Alibaba', 'Alibaba Cloud', '阿里云', '阿里巴巴', '通义'],
  },
  { marks: ['kimi', 'moonshot', 'moonshotai'], names: ['Moonshot AI', '月之暗面'], ownNames: ['Kimi', 'Moonshot'] },
  { marks: ['glm', 'chatglm', 'zhipu', 'zai'], names: ['ChatGLM', 'Zhipu', '智谱', '智譜'], ownNames: ['GLM', 'Z.ai'] },
  { marks: ['doubao', 'seed', 'bytedance'], names: ['Doubao', '豆包'], ownNames: ['ByteDance', '字节跳动'] },
  { marks: ['hunyuan'], names: ['Hunyuan', '混元'], ownNames: ['Tencent', '腾讯'] },
  { marks: ['ernie', 'baidu'], names: ['文心一言', '文心'], ownNames: ['Ernie', 'Baidu', '百度'] },
  { marks: ['minimax'], names: ['MiniMax'], ownNames: [] },
  { marks: ['yi'], names: ['零一万物'], ownNames: ['Yi'] },
  { marks: ['phi', 'copilot'], names: ['Microsoft Copilot'], ownNames: ['Microsoft', 'Phi', 'Copilot'] },
  { marks: ['command', 'cohere'], names: [], ownNames: ['Cohere', 'Command', 'Command R', 'Aya'] },
  { marks: ['nova', 'titan', 'amazon'], names: ['Amazon Nova', 'Amazon Titan'], ownNames: ['Amazon', 'Nova', 'Titan'] },
  { marks: ['nemotron', 'nvidia'], names: ['Nemotron'], ownNames: ['NVIDIA'] },
  { marks: ['granite', 'ibm'], names: ['IBM Granite'], ownNames: ['IBM', 'Granite'] },
  { marks: ['falcon', 'tii'], names: [], ownNames: ['Falcon', 'TII', 'Technology Innovation Institute'] },
  { marks: ['jamba', 'ai21'], names: ['AI21', 'Jamba'], ownNames: [] },
  { marks: ['olmo', 'allenai', 'ai2'], names: ['OLMo', 'Allen Institute for AI'], ownNames: ['Ai2'] },
];

/**
 * Words of names in a catalogue that say nothing by themselves: a model or a provider that an operator calls “Local” or
 * “Fast” is not given away by these words.
 */
export const everydayWords: ReadonlySet<string> = new Set(
  `ai api app assistant base basic beta big chat chatbot cloud code coder company custom default demo dev edge embedded fast
  faulty flash free gateway general high home host house hub instant instruct internal lab lan large latest light lite llm local
  long low max medium micro mini mock model models my nano new office old online oracle our own plus poet premium preview private pro
  prod production provider proxy public quick reasoner reasoning remote router sage search secure server service shared
  small smart standard super swift team test text the think thinker thinking tiny turbo ultra vision work`.split(/\s+/),
);
