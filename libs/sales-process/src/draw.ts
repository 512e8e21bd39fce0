import type { Move, Phase, SalesProcess, Stage } from './process.js';

/** Fill colours by phase, light enough for dark text. */
const COLOURS: Readonly<Record<Phase, string>> = {
  lead: '#e3f2fd',
  qualified: '#e8f5e9',
  selling: '#fff8e1',
  closed: '#eceff1',
  customer: '#f3e5f5',
};

/** The process as a Mermaid state diagram: stages coloured by phase, moves as labels on the arrows, tracks side by side. */
export function toMermaid(process: SalesProcess): string {
  const stages = Object.values(process.stages);
  const state = named(
    stages.map(({ id }) => id),
    's',
  );
  const lines = ['stateDiagram-v2', '  direction LR', `  [*] --> ${state(process.start)}`];

  for (const stage of stages) {
    const tracks = Object.values(stage.tracks);
    lines.push(`  state "${mermaidText(stage.label)}" as ${state(stage.id)}`);
    if (tracks.length === 0) continue;
    lines.push(`  state ${state(stage.id)} {`);
    tracks.forEach((track, at) => {
      const place = named(Object.keys(track.stages), `${state(stage.id)}t${at}_`);
      if (at > 0) lines.push('    --');
      lines.push(`    [*] --> ${place(track.start)}`);
      for (const inner of Object.values(track.stages)) {
        lines.push(`    state "${mermaidText(`${track.label}: ${inner.label}`)}" as ${place(inner.id)}`);
        for (const [to, moves] of arrows(inner.moves))
          lines.push(`    ${place(inner.id)} --> ${place(to)}: ${moves.map(mermaidText).join(' / ')}`);
        if (inner.done) lines.push(`    ${place(inner.id)} --> [*]`);
      }
    });
    lines.push('  }');
  }

  for (const stage of stages) {
    for (const [to, moves] of arrows(stage.moves))
      lines.push(`  ${state(stage.id)} --> ${state(to)}: ${moves.map(mermaidText).join(' / ')}`);
    if (stage.whenAllDone) lines.push(`  ${state(stage.id)} --> ${state(stage.whenAllDone)}: once every track is done`);
  }

  const phases = [...new Set(stages.map(({ phase }) => phase))];
  for (const phase of phases) lines.push(`  classDef ${phase} fill:${COLOURS[phase]},color:#212121`);
  // Mermaid cannot colour a state that holds others.
  for (const { id, phase, tracks } of stages) if (Object.keys(tracks).length === 0) lines.push(`  class ${state(id)} ${phase}`);
  return `${lines.join('\n')}\n`;
}

/**
 * The process as a Graphviz graph, read from left to right in the order of the file: stages coloured by phase, each stage with tracks
 * a box of boxes. Graphviz may put the label of an arrow beside another one, so here a label is a place of its own that its arrow leads through.
 */
export function toDot(process: SalesProcess): string {
  const stages = Object.values(process.stages);
  const lines = [
    `digraph ${dotText(process.id)} {`,
    '  rankdir=LR; compound=true; newrank=true; ranksep=0.25; nodesep=0.3;',
    `  label=${dotText(process.title)}; labelloc=t; fontname="Helvetica";`,
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", color="#607d8b"];',
    '  edge [fontname="Helvetica", fontsize=10, color="#607d8b"];',
    '  "" [shape=circle, width=0.15, fillcolor="#212121"];',
    ...stages.flatMap(dotStage),
  ];
  const start = process.stages[process.start];
  if (start) lines.push(`  "" -> ${entry(start)}${attributes(['weight=10', end('lhead', start)])};`);

  stages.forEach((stage, at) => {
    const ways = [...arrows(stage.moves)];
    if (stage.whenAllDone) ways.push([stage.whenAllDone, ['once every track is done']]);
    for (const [to, labels] of ways) {
      const target = process.stages[to];
      if (!target) continue;
      const backward = stages.indexOf(target) < at;
      const isMain = target === stages.slice(at + 1).find(({ result }) => result !== 'lost');
      lines.push(
        ...dotArrow({
          label: `${stage.id} > ${to}`,
          labels,
          from: exits(stage),
          to: entry(target),
          tail: end('ltail', stage),
          head: end('lhead', target),
          backward,
          loop: target === stage,
          weight: isMain ? 10 : target.result === 'lost' || backward ? 1 : 3,
        }).map((line) => `  ${line}`),
      );
    }
  });
  return `${[...lines, '}'].join('\n')}\n`;
}

interface Arrow {
  /** The name of the place where its labels stand. */
  readonly label: string;
  readonly labels: readonly string[];
  /** Where it begins; its labels stand to the right of the others too. */
  readonly from: readonly string[];
  readonly to: string;
  /** Attributes that cut it off at a box. */
  readonly tail?: string;
  readonly head?: string;
  /** Against the order of the file: drawn from right to left. */
  readonly backward?: boolean;
  readonly loop?: boolean;
  /** How short and straight it should be. */
  readonly weight?: number;
}

function dotArrow({
  label,
  labels,
  from,
  to,
  tail = '',
  head = '',
  backward = false,
  loop = false,
  weight = 1,
}: Arrow): string[] {
  const [begin = '', ...besides] = from;
  if (loop) return [`${to} -> ${to} [label=${dotLines(labels)}];`];
  const middle = dotText(`label ${label}`);
  const heavy = `weight=${weight}`;
  return [
    `${middle} [label=${dotLines(labels)}, shape=plaintext, style="", fontsize=10, width=0, height=0, margin="0.03,0.02"];`,
    ...(backward
      ? [
          `${to} -> ${middle}${attributes(['dir=back', heavy, head.replace('lhead', 'ltail')])};`,
          `${middle} -> ${begin}${attributes(['dir=none', heavy, tail.replace('ltail', 'lhead')])};`,
        ]
      : [
          `${begin} -> ${middle}${attributes(['dir=none', heavy, tail])};`,
          ...besides.map((one) => `${one} -> ${middle} [style=invis, weight=0];`),
          `${middle} -> ${to}${attributes([heavy, head])};`,
        ]),
  ];
}

const attributes = (all: readonly string[]): string => ` [${all.filter(Boolean).join(', ')}]`;

function dotStage(stage: Stage): readonly string[] {
  const tracks = Object.values(stage.tracks);
  const fill = COLOURS[stage.phase];
  if (tracks.length === 0) {
    const border = stage.result ? ', peripheries=2' : '';
    return [
      `  ${dotText(stage.id)} [label=${dotText(stage.label)}, tooltip=${dotText(stage.phase)}, fillcolor="${fill}"${border}];`,
    ];
  }
  return [
    `  subgraph ${dotText(`cluster ${stage.id}`)} {`,
    `    label=${dotText(stage.label)}; style="rounded,filled"; fillcolor="${fill}"; color="#607d8b";`,
    ...tracks.flatMap((track) => {
      const inner = Object.values(track.stages);
      return [
        `    subgraph ${dotText(`cluster ${stage.id}/${track.id}`)} {`,
        `      label=${dotText(track.label)}; style="rounded,filled"; fillcolor="#ffffff"; color="#b0bec5";`,
        ...inner.map(
          ({ id, label, done: isDone }) =>
            `      ${place(stage, track, id)} [label=${dotText(label)}, fillcolor="${fill}"${isDone ? ', peripheries=2' : ''}];`,
        ),
        ...inner.flatMap(({ id, moves }, at) =>
          [...arrows(moves)].flatMap(([to, labels]) =>
            dotArrow({
              label: `${stage.id}/${track.id}/${id} > ${to}`,
              labels,
              from: [place(stage, track, id)],
              to: place(stage, track, to),
              backward: inner.findIndex((one) => one.id === to) < at,
              loop: to === id,
              weight: 3,
            }).map((line) => `      ${line}`),
          ),
        ),
        '    }',
      ];
    }),
    `    { rank=same; ${tracks.map((track) => place(stage, track, track.start)).join('; ')} }`,
    '  }',
  ];
}

type Track = Stage['tracks'][string];

const place = (stage: Stage, track: Track, id: string): string => dotText(`${stage.id}/${track.id}/${id}`);

/** Where the track ends. */
const done = (stage: Stage, track: Track): string =>
  place(stage, track, Object.values(track.stages).findLast((inner) => inner.done)?.id ?? track.start);

// Graphviz joins places, not boxes: an arrow to or from a stage with tracks is tied to the start or the end of its first track and cut off at the box.

function entry(stage: Stage): string {
  const [track] = Object.values(stage.tracks);
  return track ? place(stage, track, track.start) : dotText(stage.id);
}

function exits(stage: Stage): readonly string[] {
  const tracks = Object.values(stage.tracks);
  return tracks.length > 0 ? tracks.map((track) => done(stage, track)) : [dotText(stage.id)];
}

const end = (which: 'lhead' | 'ltail', stage: Stage): string =>
  Object.keys(stage.tracks).length > 0 ? `${which}=${dotText(`cluster ${stage.id}`)}` : '';

/** Labels of moves by where they lead, so that several moves to one stage share an arrow. */
function arrows(moves: Readonly<Record<string, Move>>): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, string[]>();
  for (const { to, label, opens } of Object.values(moves)) {
    const way = ways.get(to) ?? [];
    way.push(opens ? `${label} (opens ${opens.process})` : label);
    ways.set(to, way);
  }
  return ways;
}

/** Mermaid reads some names (`end`, `state`, `class`) as its own words, so states are numbered. */
function named(ids: readonly string[], prefix: string): (id: string) => string {
  const numbers = new Map(ids.map((id, at) => [id, `${prefix}${at}`]));
  return (id) => numbers.get(id) ?? prefix;
}

/** What Mermaid would read as its own is written as a character code. */
function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,()/%+-]/gu, (sign) => `#${sign.codePointAt(0)!};`);
}

/** One text a line: an arrow with several moves stays as narrow as the longest of them. */
const dotLines = (texts: readonly string[]): string => `"${texts.map((text) => dotText(text).slice(1, -1)).join('\\n')}"`;

const dotText = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')}"`;
