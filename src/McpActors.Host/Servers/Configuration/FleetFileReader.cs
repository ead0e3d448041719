using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>
/// Reads the file that declares a fleet, in whichever of the clients' shapes it is, and the side file
/// <c>mcpactors.json</c> next to it.
/// </summary>
/// <remarks>
/// Never throws for anything that a file holds or a path leads to: every fault is a diagnostic, a fault of one server
/// is a fault of that server alone, and a file that cannot be read declares no server.
/// </remarks>
public static class FleetFileReader
{
    // A fleet with more circles than this is mended by hand, not by a longer list.
    private const int MostCycles = 50;

    /// <summary>Reads the fleet file at a path and its side file.</summary>
    /// <param name="configPath">The fleet file; a relative path starts at the current directory.</param>
    /// <param name="environment">The variables that <c>${VAR}</c> is taken from; also PATH and HOME.</param>
    /// <returns>
    /// The servers in the order of the file, each with its faults. Dependencies name declared servers only and form
    /// no circle: what did so is told and left out, so that no server waits for ever.
    /// </returns>
    public static FleetDeclaration Read(string configPath, IReadOnlyDictionary<string, string> environment)
    {
        var diagnostics = new DiagnosticBag();
        if (string.IsNullOrWhiteSpace(configPath) || configPath.Contains('\0'))
        {
            diagnostics.Error(DiagnosticCodes.FileMissing, "", "No configuration file is named.", "Name one with --config.");
            return new FleetDeclaration([], [], diagnostics.InOrder([]));
        }

        var path = Path.GetFullPath(configPath);
        var files = new List<string> { path };
        var servers = Read(path, files, environment, diagnostics);
        return new FleetDeclaration(files, servers, diagnostics.InOrder(files));
    }

    private static List<ServerDefinition> Read(
        string path, List<string> files, IReadOnlyDictionary<string, string> environment, DiagnosticBag diagnostics)
    {
        if (ConfigurationFile.Read(path, diagnostics) is not { } bytes)
        {
            return [];
        }

        var shape = ConfigurationShape.Of(path);
        var (root, fault) = PositionedJson.Read(bytes, shape.Comments);
        if (root is null)
        {
            diagnostics.Add(
                DiagnosticCodes.InvalidJson, DiagnosticSeverity.Error, new SourcePosition(path, fault!.Line, fault.Column), null, fault.Message, fault.Fix);
            return [];
        }

        var members = Members(shape.ServersOf(root, path, diagnostics), path, diagnostics);
        var scope = new VariableScope
        {
            Environment = environment,
            WorkspaceFolder = shape.Folder,
            UserHome = environment.GetValueOrDefault("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            PathSeparator = Path.DirectorySeparatorChar,
            Inputs = Inputs(root),
        };
        var sideFile = Path.Combine(Path.GetDirectoryName(path) ?? path, SideFileReader.FileName);
        var side = new Dictionary<string, SideEntry>();
        if (sideFile != path && ConfigurationFile.Read(sideFile, diagnostics, optional: true) is { } sideBytes)
        {
            files.Add(sideFile);
            var declared = members.Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
            side = new SideFileReader(sideFile, scope, shape.Folder, diagnostics).Read(sideBytes, declared);
        }

        var context = new EntryContext(path, sideFile, shape, scope, diagnostics, files);
        var servers = members.Select(member => ServerEntryReader.Read(member, side.GetValueOrDefault(member.Name), context)).ToList();
        return WithoutCycles(servers, side, diagnostics);
    }

    // The entries that count: comments and impossible names are out, and of one name the last is kept, in its place.
    private static List<JsonMember> Members(IReadOnlyList<JsonValue> roots, string path, DiagnosticBag diagnostics)
    {
        var all = roots.SelectMany(root => root.Members)
            .Where(member => !(ConfigurationShape.IsComment(member.Name) && member.Value.Kind != JsonKind.Object)).ToList();
        var winners = new Dictionary<string, JsonMember>(StringComparer.Ordinal);
        foreach (var member in all)
        {
            winners[member.Name] = member;
        }

        var kept = new List<JsonMember>();
        foreach (var member in all)
        {
            var place = new SourcePosition(path, member.Line, member.Column);
            var winner = winners[member.Name];
            if (Names.FaultOf(member.Name) is { } fault)
            {
                diagnostics.Add(
                    DiagnosticCodes.InvalidName, DiagnosticSeverity.Error, place, null, fault + " It cannot be supervised and was left out.",
                    $"Give it a name of 1 to {Names.LongestServerName} characters that can be seen.");
            }
            else if (ReferenceEquals(winner, member))
            {
                kept.Add(member);
            }
            else
            {
                diagnostics.Add(
                    DiagnosticCodes.DuplicateName, DiagnosticSeverity.Warning, place, member.Name,
                    $"The name {DiagnosticBag.Quote(member.Name)} stands twice; the server on line {winner.Line} wins, because the clients keep the last, and this one is not read.",
                    "Rename or remove one of them.");
            }
        }

        return kept;
    }

    private static Dictionary<string, string?> Inputs(JsonValue root)
    {
        var inputs = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var input in root.Get("inputs")?.Items ?? [])
        {
            if (input.Get("id") is { Kind: JsonKind.Text } id)
            {
                var fallback = input.Get("default");
                inputs[id.Text] = fallback?.Kind is JsonKind.Text or JsonKind.Number or JsonKind.Boolean ? fallback.Text : null;
            }
        }

        return inputs;
    }

    private static List<ServerDefinition> WithoutCycles(List<ServerDefinition> servers, Dictionary<string, SideEntry> side, DiagnosticBag diagnostics)
    {
        var cycles = DependencyCycles.Find([.. servers.Select(s => KeyValuePair.Create(s.Name, s.Settings.DependsOn))], MostCycles + 1);
        if (cycles.Count == 0)
        {
            return servers;
        }

        var cut = new HashSet<(string, string)>();
        foreach (var cycle in cycles.Take(MostCycles))
        {
            for (var i = 0; i < cycle.Count; i++)
            {
                cut.Add((cycle[i], cycle[(i + 1) % cycle.Count]));
            }

            var first = servers.First(server => server.Name == cycle[0]);
            var named = string.Join(" -> ", cycle.Append(cycle[0]).Select(DiagnosticBag.Quote));
            diagnostics.Add(
                DiagnosticCodes.DependencyCycle, DiagnosticSeverity.Error, side[first.Name].DependsOn, first.Name,
                $"Servers depend on each other in a circle: {named}. These dependencies are not used, because each of them would wait for the others.",
                "Remove one of them from `dependsOn`.");
        }

        // With even more circles left, no dependency can be trusted to end.
        var all = cycles.Count > MostCycles;
        return
        [
            .. servers.Select(server => server with
            {
                Settings = server.Settings with { DependsOn = [.. server.Settings.DependsOn.Where(need => !all && !cut.Contains((server.Name, need)))] },
            }),
        ];
    }
}
