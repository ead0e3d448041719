using McpActors.FaultServer;

var (options, problem) = Options.Parse(args);
if (options is null)
{
    await Console.Error.WriteLineAsync(problem).ConfigureAwait(false);
    return 2;
}

if (options.Help)
{
    Console.WriteLine(Options.HelpText);
    return 0;
}

if (options.SelfCheck)
{
    Console.WriteLine("self-check passed");
    return 0;
}

if (Misbehaviour.AtStart(options) is { } exitCode)
{
    return exitCode;
}

using var faults = new Misbehaviour(options);
await faults.StartAsync().ConfigureAwait(false);
var server = new McpSession(options);
return options.HttpPort is { } port
    ? await new HttpFront(options, server, port).RunAsync().ConfigureAwait(false)
    : await new StdioFront(options, server).RunAsync().ConfigureAwait(false);
