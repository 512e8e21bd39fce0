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

/** The process as a Graphviz graph, read from left to right: stages coloured by phase, each stage with tracks a box of boxes. */
export function toDot(process: SalesProcess): string {
  const stages = Object.values(process.stages);
  const lines = [
    `digraph ${dotText(process.id)} {`,
    '  rankdir=LR; compound=true;',
    `  label=${dotText(process.title)}; labelloc=t; fontname="Helvetica";`,
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", color="#607d8b"];',
    '  edge [fontname="Helvetica", fontsize=10, color="#607d8b"];',
    '  "" [shape=circle, width=0.15, fillcolor="#212121"];',
    ...stages.flatMap(dotStage),
    `  "" -> ${entry(process.stages[process.start])}${inside(process.stages[process.start], 'lhead')};`,
  ];

  for (const stage of stages) {
    const ways = [...arrows(stage.moves)];
    if (stage.whenAllDone) ways.push([stage.whenAllDone, ['once every track is done']]);
    for (const [to, moves] of ways) {
      const target = process.stages[to];
      const within = [`label=${dotLines(moves)}`, attribute(stage, 'ltail'), target === stage ? '' : attribute(target, 'lhead')];
      lines.push(`  ${entry(stage)} -> ${entry(target)} [${within.filter(Boolean).join(', ')}];`);
    }
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

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
      const place = (id: string): string => dotText(`${stage.id}/${track.id}/${id}`);
      return [
        `    subgraph ${dotText(`cluster ${stage.id}/${track.id}`)} {`,
        `      label=${dotText(track.label)}; style="rounded,filled"; fillcolor="#ffffff"; color="#b0bec5";`,
        ...Object.values(track.stages).map(
          ({ id, label, done }) =>
            `      ${place(id)} [label=${dotText(label)}, fillcolor="${fill}"${done ? ', peripheries=2' : ''}];`,
        ),
        ...Object.values(track.stages).flatMap(({ id, moves }) =>
          [...arrows(moves)].map(([to, names]) => `      ${place(id)} -> ${place(to)} [label=${dotLines(names)}];`),
        ),
        '    }',
      ];
    }),
    '  }',
  ];
}

/** Graphviz joins nodes, not boxes: an arrow to or from a stage with tracks is tied to the start of its first track and cut off at the box. */
function entry(stage: Stage | undefined): string {
  const [track] = Object.values(stage?.tracks ?? {});
  return dotText(track ? `${stage!.id}/${track.id}/${track.start}` : (stage?.id ?? ''));
}

const attribute = (stage: Stage | undefined, end: 'lhead' | 'ltail'): string =>
  stage && Object.keys(stage.tracks).length > 0 ? `${end}=${dotText(`cluster ${stage.id}`)}` : '';

const inside = (stage: Stage | undefined, end: 'lhead' | 'ltail'): string =>
  attribute(stage, end) ? ` [${attribute(stage, end)}]` : '';

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
