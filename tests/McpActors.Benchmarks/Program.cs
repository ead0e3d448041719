using McpActors.Benchmarks;
using McpActors.Benchmarks.Figures;
using McpActors.Benchmarks.Measuring;

if (args is [EmptyApp.Switch, var url])
{
    await EmptyApp.RunAsync(url).ConfigureAwait(false);
    return 0;
}

(string Name, string What, Func<Bench, Task> Run)[] groups =
[
    ("idle", "memory, CPU time, disk and network of an idle node", IdleFigures.RunAsync),
    ("start", "from the start of the node to all healthy, and to all stopped", StartFigures.RunAsync),
    ("recovery", "kill -9 to healthy again, SIGSTOP to wedged", RecoveryFigures.RunAsync),
    ("probe", "what a probe adds to the server's own latency", ProbeFigures.RunAsync),
    ("http", "latency of /metrics and of the list of servers", HttpFigures.RunAsync),
    ("growth", "memory, CPU time and start at growing fleets", GrowthFigures.RunAsync),
];

if (BenchOptions.Parse(args) is not { } options || options.Only.FirstOrDefault(name => groups.All(g => g.Name != name)) is not null)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

if (options.List)
{
    foreach (var (name, what, _) in groups)
    {
        Console.WriteLine($"{name} | {what}");
    }

    return 0;
}

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The figures are read from /proc: run this on Linux.");
    return 1;
}

var bench = await Bench.PrepareAsync(options).ConfigureAwait(false);
var failed = false;
foreach (var (name, _, run) in groups.Where(g => options.Only.Count == 0 || options.Only.Contains(g.Name)))
{
    Console.Error.WriteLine(name);
    try
    {
        await run(bench).ConfigureAwait(false);
    }
    catch (Exception e)
    {
        failed = true;
        bench.Report.Note($"The group \"{name}\" could not be measured to its end: {e.GetType().Name}: {e.Message}");
    }
}

var text = bench.Report.ToMarkdown();
Console.WriteLine(text);
if (options.Out is { } file)
{
    await File.WriteAllTextAsync(file, text).ConfigureAwait(false);
}

return failed ? 1 : 0;
