/** Exports of other programs, made by hand in the forms that these write. */

const seconds = (minute: number) => Date.UTC(2025, 4, 1, 10, minute) / 1000;
const iso = (minute: number) => new Date(Date.UTC(2025, 4, 1, 10, minute)).toISOString();

/** A picture of one pixel. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const said = (role: string, parts: unknown[], minute: number, more: object = {}) => ({
  author: { role, name: null, metadata: {} },
  create_time: seconds(minute),
  content: { content_type: parts.some((part) => typeof part !== 'string') ? 'multimodal_text' : 'text', parts },
  status: 'finished_successfully',
  recipient: 'all',
  metadata: {},
  ...more,
});

export const chatGpt = [
  {
    title: 'Naming a boat',
    create_time: seconds(0),
    update_time: seconds(9),
    current_node: 'answer-2',
    conversation_id: 'c0ffee00-0000-4000-8000-000000000001',
    default_model_slug: 'gpt-4o',
    is_archived: false,
    is_starred: true,
    mapping: {
      root: { id: 'root', message: null, parent: null, children: ['system'] },
      system: {
        id: 'system',
        message: said('system', [''], 0, { metadata: { is_visually_hidden_from_conversation: true } }),
        parent: 'root',
        children: ['prompt-1'],
      },
      'prompt-1': {
        id: 'prompt-1',
        message: said(
          'user',
          [
            { content_type: 'image_asset_pointer', asset_pointer: 'file-service://file-Boat1', size_bytes: 70 },
            'Name this boat.',
          ],
          1,
          { metadata: { attachments: [{ id: 'file-Boat1', name: 'boat.png', mimeType: 'image/png' }] } },
        ),
        parent: 'system',
        children: ['thoughts', 'answer-1b'],
      },
      thoughts: {
        id: 'thoughts',
        message: {
          ...said('assistant', [], 2, { metadata: { model_slug: 'o3' } }),
          content: { content_type: 'thoughts', thoughts: [{ summary: 'Looking', content: 'It is small.' }] },
        },
        parent: 'prompt-1',
        children: ['call'],
      },
      call: {
        id: 'call',
        message: said('assistant', ['search("boats")'], 2, { recipient: 'browser', metadata: { model_slug: 'o3' } }),
        parent: 'thoughts',
        children: ['result'],
      },
      result: { id: 'result', message: said('tool', ['Many boats.'], 2), parent: 'call', children: ['answer-1'] },
      'answer-1': {
        id: 'answer-1',
        message: said('assistant', ['**Nutshell**\ue200cite\ue202turn0search0\ue201.'], 3, {
          metadata: {
            model_slug: 'o3',
            finish_details: { type: 'stop' },
            content_references: [
              { type: 'grouped_webpages', items: [{ title: 'Boats', url: 'https://boats.example.org/' }] },
            ],
          },
        }),
        parent: 'result',
        children: ['prompt-2'],
      },
      'answer-1b': {
        id: 'answer-1b',
        message: said('assistant', ['Titanic II'], 4, { metadata: { model_slug: 'gpt-4o' } }),
        parent: 'prompt-1',
        children: ['prompt-2b'],
      },
      'prompt-2': {
        id: 'prompt-2',
        message: said('user', ['Shorter?'], 5),
        parent: 'answer-1',
        children: ['answer-2'],
      },
      'answer-2': {
        id: 'answer-2',
        message: said('assistant', ['Nut'], 6, { metadata: { model_slug: 'o3' } }),
        parent: 'prompt-2',
        children: [],
      },
      'prompt-2b': { id: 'prompt-2b', message: said('user', ['Really?'], 8), parent: 'answer-1b', children: [] },
    },
  },
];

export const claude = [
  {
    uuid: 'c0ffee00-0000-4000-8000-000000000002',
    name: 'Two ways',
    created_at: iso(0),
    updated_at: iso(9),
    account: { uuid: 'someone' },
    chat_messages: [
      {
        uuid: 'm1',
        text: 'Read this.',
        content: [{ type: 'text', text: 'Read this.' }],
        sender: 'human',
        created_at: iso(1),
        parent_message_uuid: '00000000-0000-4000-8000-000000000000',
        attachments: [{ file_name: 'notes.md', file_type: 'md', file_size: 9, extracted_content: '# Notes\n\nOne.' }],
        files: [{ file_name: 'photo.jpg' }],
      },
      {
        uuid: 'm2',
        text: 'Done.',
        content: [
          { type: 'thinking', thinking: 'A short note.' },
          { type: 'text', text: 'Done.' },
          { type: 'tool_use', name: 'search', input: {} },
          { type: 'tool_result', content: [] },
          { type: 'text', text: 'It says one.' },
        ],
        sender: 'assistant',
        created_at: iso(2),
        parent_message_uuid: 'm1',
        attachments: [],
        files: [],
      },
      { uuid: 'm3', text: 'First way', sender: 'human', created_at: iso(3), parent_message_uuid: 'm2', content: [] },
      { uuid: 'm4', text: 'One.', sender: 'assistant', created_at: iso(4), parent_message_uuid: 'm3', content: [] },
      { uuid: 'm5', text: 'Second way', sender: 'human', created_at: iso(5), parent_message_uuid: 'm2', content: [] },
      { uuid: 'm6', text: 'Two.', sender: 'assistant', created_at: iso(6), parent_message_uuid: 'm5', content: [] },
    ],
  },
];

const libreMessages = [
  {
    messageId: 'l1',
    parentMessageId: '00000000-0000-0000-0000-000000000000',
    isCreatedByUser: true,
    sender: 'User',
    text: 'Hello',
    createdAt: iso(1),
  },
  {
    messageId: 'l2',
    parentMessageId: 'l1',
    isCreatedByUser: false,
    sender: 'GPT',
    model: 'gpt-4-turbo',
    endpoint: 'openAI',
    text: 'Hi.',
    createdAt: iso(2),
    finish_reason: 'stop',
  },
  {
    messageId: 'l3',
    parentMessageId: 'l1',
    isCreatedByUser: false,
    sender: 'GPT',
    model: 'gpt-4-turbo',
    endpoint: 'openAI',
    content: [
      { type: 'think', think: 'Polite.' },
      { type: 'text', text: { value: 'Good day.' } },
    ],
    createdAt: iso(3),
  },
  { messageId: 'l4', parentMessageId: 'l3', isCreatedByUser: true, sender: 'User', text: 'Bye', createdAt: iso(4) },
  {
    messageId: 'l5',
    parentMessageId: 'l4',
    isCreatedByUser: false,
    sender: 'GPT',
    model: 'gpt-4-turbo',
    endpoint: 'openAI',
    text: 'Out of quota.',
    error: true,
    createdAt: iso(5),
  },
];

const libreHead = {
  conversationId: 'c0ffee00-0000-4000-8000-000000000003',
  endpoint: 'openAI',
  title: 'Greetings',
  exportAt: '10:00:00 GMT+0000',
  branches: true,
  options: { model: 'gpt-4-turbo', promptPrefix: 'Be polite.' },
};

export const libreChat = { ...libreHead, recursive: false, messages: libreMessages };

type Branch = (typeof libreMessages)[number] & { children: Branch[] };
const below = (parent: string): Branch[] =>
  libreMessages
    .filter(({ parentMessageId }) => parentMessageId === parent)
    .map((message) => ({ ...message, children: below(message.messageId) }));

export const libreChatTree = { ...libreHead, recursive: true, messages: below('00000000-0000-0000-0000-000000000000') };

export const openWebUi = [
  {
    id: 'c0ffee00-0000-4000-8000-000000000004',
    user_id: 'someone',
    title: 'Side by side',
    created_at: seconds(0),
    updated_at: seconds(9),
    archived: true,
    pinned: false,
    chat: {
      title: 'Side by side',
      models: ['llama3:8b', 'mistral:7b'],
      params: { system: 'Answer briefly.' },
      timestamp: seconds(0) * 1000,
      history: {
        currentId: 'w6',
        messages: {
          w1: {
            id: 'w1',
            parentId: null,
            childrenIds: ['w2', 'w3', 'w4'],
            role: 'user',
            content: 'What is this?',
            timestamp: seconds(1),
            models: ['llama3:8b', 'mistral:7b'],
            files: [
              { type: 'image', url: `data:image/png;base64,${pixel.toString('base64')}` },
              { type: 'file', name: 'list.pdf', file: { filename: 'list.pdf', data: { content: 'Milk, bread.' } } },
            ],
          },
          w2: {
            id: 'w2',
            parentId: 'w1',
            childrenIds: [],
            role: 'assistant',
            model: 'llama3:8b',
            modelIdx: 0,
            timestamp: seconds(2),
            done: true,
            content: 'A dot.',
          },
          w3: {
            id: 'w3',
            parentId: 'w1',
            childrenIds: ['w5'],
            role: 'assistant',
            model: 'mistral:7b',
            modelIdx: 1,
            timestamp: seconds(2),
            done: true,
            content:
              '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n> Tiny.\n</details>\nA pixel.',
          },
          w4: {
            id: 'w4',
            parentId: 'w1',
            childrenIds: [],
            role: 'assistant',
            model: 'llama3:8b',
            modelIdx: 0,
            timestamp: seconds(3),
            done: true,
            content: 'A spot.',
          },
          w5: {
            id: 'w5',
            parentId: 'w3',
            childrenIds: ['w6', 'w7'],
            role: 'user',
            content: 'Sure?',
            timestamp: seconds(4),
          },
          w6: {
            id: 'w6',
            parentId: 'w5',
            childrenIds: [],
            role: 'assistant',
            model: 'mistral:7b',
            modelIdx: 1,
            timestamp: seconds(5),
            done: true,
            content: 'Yes.',
          },
          w7: {
            id: 'w7',
            parentId: 'w5',
            childrenIds: [],
            role: 'assistant',
            model: 'llama3:8b',
            modelIdx: 0,
            timestamp: seconds(5),
            done: true,
            content: '',
            error: { content: 'Out of memory.' },
          },
        },
      },
    },
  },
];
