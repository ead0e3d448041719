namespace McpActors.Core.Management;

/// <summary>Which command of a script is the server, and which package that is.</summary>
internal sealed class ShellPin
{
    private const int MaxDepth = 50;
    private const int MaxSteps = 10_000;

    // Commands that may stand behind the server's line without being the server.
    private static readonly HashSet<string> Trivial =
        ["wait", "exit", "return", "echo", "printf", "true", "false", ":", "trap", "set", "unset", "kill", "rm", "sleep", "shopt", "umask", "ulimit", "break", "continue"];

    // Programs that a server's output is piped through.
    private static readonly HashSet<string> Filters =
        ["tee", "cat", "grep", "egrep", "sed", "awk", "gawk", "jq", "tr", "ts", "head", "tail", "logger", "rotatelogs", "echo", "printf", "yes"];

    private readonly Launchers _launchers;
    private readonly Dictionary<string, ShellFunction> _functions = new(StringComparer.Ordinal);
    private readonly List<PackagePin> _alternatives = [];
    private bool _shadowed;
    private int _steps;

    private ShellPin(Launchers launchers) => _launchers = launchers;

    /// <summary>The package of a script; unclear wherever it could be two.</summary>
    public static PackagePin Of(CommandWord source, IReadOnlyList<CommandWord>? positional, string? scriptFolder, Launchers launchers)
    {
        try
        {
            var script = new ShellParser(source, positional, scriptFolder).Parse();
            var pin = new ShellPin(launchers);
            pin.Survey(script, conditional: false);
            var server = pin._shadowed ? PackagePin.Unclear() : pin.Effective(script, 0) ?? PackagePin.NoPackage();
            return pin._alternatives.TrueForAll(other => Same(other, server)) ? server : PackagePin.Unclear();
        }
        catch (UnclearScriptException)
        {
            return PackagePin.Unclear();
        }
    }

    private static bool Same(PackagePin a, PackagePin b) =>
        (a.Ecosystem, a.Name, a.Version, a.Digest, a.Reason) == (b.Ecosystem, b.Name, b.Version, b.Digest, b.Reason);

    /// <summary>Finds functions, and every launcher that ends the script on some way through it.</summary>
    private void Survey(IReadOnlyList<ShellChain> body, bool conditional)
    {
        for (var i = 0; i < body.Count; i++)
        {
            var leaves = body.Skip(i + 1).Any(c => c.Parts[0].Stages is [ShellCommand { Words: [var word, ..] }] && word.Text is "exit" or "return");
            foreach (var (op, stages) in body[i].Parts)
            {
                foreach (var stage in stages)
                {
                    switch (stage)
                    {
                        case ShellFunction function:
                            _shadowed |= !_functions.TryAdd(function.Name, function) || Launchers.IsLauncher(function.Name);
                            Survey(function.Body, conditional: true);
                            break;
                        case ShellGroup group:
                            Survey(group.Body, conditional || op.Length > 0);
                            break;
                        case ShellBranch branch:
                            foreach (var inner in branch.Conditions.Concat(branch.Ways))
                            {
                                Survey(inner, conditional: true);
                            }

                            break;
                        case ShellCommand { Words: [var first, ..] } command:
                            _shadowed |= first.Text == "alias";
                            if ((conditional || op.Length > 0) && (first.Text == "exec" || leaves) && Package(command) is { } pin)
                            {
                                _alternatives.Add(pin);
                            }

                            break;
                        default:
                            break;
                    }
                }
            }
        }
    }

    private PackagePin? Package(ShellCommand command)
    {
        var pin = _launchers.Read(command.Words, command.Folder);
        return pin.Ecosystem is PackageEcosystem.None or PackageEcosystem.Unknown ? null : pin;
    }

    /// <summary>The package that a body ends in; null when nothing in it can be the server.</summary>
    private PackagePin? Effective(IReadOnlyList<ShellChain> body, int depth)
    {
        // Functions that call each other: deep, or wide, and in the end both.
        if (depth > MaxDepth || ++_steps > MaxSteps)
        {
            throw new UnclearScriptException();
        }

        for (var i = 0; i < body.Count; i++)
        {
            // exec with a command, on the way of every run, ends the script.
            if (body[i].Parts is [{ Stages: [ShellCommand { Words: [{ Text: "exec" }, _, ..] } last] }])
            {
                return Of(last, depth);
            }
        }

        for (var i = body.Count - 1; i >= 0; i--)
        {
            if (Of(body[i], depth) is { } pin)
            {
                return pin;
            }
        }

        return null;
    }

    /// <summary>The package of a chain; null when nothing in it can be the server.</summary>
    private PackagePin? Of(ShellChain chain, int depth)
    {
        PackagePin? found = null;
        for (var i = chain.Parts.Count - 1; i >= 0; i--)
        {
            var (op, stages) = chain.Parts[i];
            if (Of(stages, depth) is not { } pin)
            {
                continue;
            }

            if (found is not null && !Same(found, pin))
            {
                return PackagePin.Unclear();
            }

            found = pin;
            if (op != "||")
            {
                // What stands before && prepares; what stands before || is another way to run.
                return found;
            }
        }

        return found;
    }

    private PackagePin? Of(IReadOnlyList<ShellNode> stages, int depth)
    {
        var servers = stages.Where(s => stages.Count == 1 || s is not ShellCommand { Words: [var word, ..] } || !Filters.Contains(Launchers.ProgramName(word.Text))).ToList();
        return servers.Count switch
        {
            0 => null,
            1 => Of(servers[0], depth),
            _ => PackagePin.Unclear(),
        };
    }

    private PackagePin? Of(ShellNode node, int depth)
    {
        switch (node)
        {
            case ShellGroup group:
                return Effective(group.Body, depth + 1);
            case ShellBranch branch:
                List<PackagePin> ways = [.. branch.Ways.Select(b => Effective(b, depth + 1)).OfType<PackagePin>()];
                // A branch whose every command is a plain program may be a check as well as the server.
                return ways.Count == 0 ? null
                    : ways.TrueForAll(w => Same(w, ways[0])) && ways[0].Ecosystem != PackageEcosystem.None ? ways[0]
                    : ways.TrueForAll(w => w.Ecosystem == PackageEcosystem.None) ? null
                    : PackagePin.Unclear();
            case ShellCommand { Words: [var word, ..] } command when !Trivial.Contains(word.Text) && word.Text is not ("[" or "test" or "cd"):
                return Of(command, depth);
            default:
                return null;
        }
    }

    private PackagePin? Of(ShellCommand command, int depth)
    {
        var name = command.Words[0].Text;
        return _functions.TryGetValue(name, out var function) ? Effective(function.Body, depth + 1)
            : name is "eval" or "source" or "." ? PackagePin.Unclear()
            : _launchers.Read(command.Words, command.Folder);
    }
}
