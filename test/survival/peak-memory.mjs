// Loaded before a program: says at its end, on the last line of standard error, the most memory that it had, in MB.
process.on('exit', () => process.stderr.write(`\npeak ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`));
