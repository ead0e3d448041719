using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>What the side file says about one server.</summary>
/// <param name="Settings">Its settings.</param>
/// <param name="DependsOn">Where its dependencies stand, or the entry itself.</param>
/// <param name="Process">The process that the node is to start for an HTTP server, not read yet; or null.</param>
internal sealed record SideEntry(ServerSettings Settings, SourcePosition DependsOn, JsonValue? Process);

/// <summary>Reads the fleet's side file <c>mcpactors.json</c> (JSONC), which may be absent.</summary>
internal sealed class SideFileReader(string file, VariableScope scope, string folder, DiagnosticBag diagnostics)
{
    /// <summary>The name of the side file, in the folder of the fleet file.</summary>
    public const string FileName = "mcpactors.json";

    private static readonly string[] RootKeys = ["servers", "protectedPaths", "alerting", "policies"];

    private static readonly string[] ServerKeys =
    [
        "dependsOn", "probe", "restart", "selfCheck", "package", "resources", "criticality", "maintenanceWindows",
        "dataDirectories", "process",
    ];

    private static readonly Dictionary<string, double> MemoryUnits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["B"] = 1,
        ["KB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["K"] = 1024,
        ["M"] = 1 << 20,
        ["G"] = 1 << 30,
        ["Ki"] = 1024,
        ["Mi"] = 1 << 20,
        ["Gi"] = 1 << 30,
        ["KiB"] = 1024,
        ["MiB"] = 1 << 20,
        ["GiB"] = 1 << 30,
    };

    private static readonly Dictionary<string, double> CpuUnits = new(StringComparer.Ordinal) { ["m"] = 0.001 };

    /// <summary>The entries by server name; those of servers that the fleet file does not declare are told and left out.</summary>
    public Dictionary<string, SideEntry> Read(byte[] utf8, IReadOnlyCollection<string> declared)
    {
        var entries = new Dictionary<string, SideEntry>(StringComparer.Ordinal);
        var (root, fault) = PositionedJson.Read(utf8, comments: true);
        if (root is not { Kind: JsonKind.Object })
        {
            diagnostics.Add(
                DiagnosticCodes.InvalidJson, DiagnosticSeverity.Error, new SourcePosition(file, fault?.Line ?? 1, fault?.Column ?? 1), null,
                (fault?.Message ?? "The file holds no object.") + " All servers run with default settings.", fault?.Fix ?? "Write {\"servers\": {...}}.");
            return entries;
        }

        var reader = new ObjectReader(root, RootKeys, file, null, diagnostics);
        reader.Texts("protectedPaths");
        reader.Expect("alerting", JsonKind.Object, "an object");
        reader.Expect("policies", JsonKind.Object, "an object");
        if (reader.Object("servers") is not { } servers)
        {
            return entries;
        }

        ObjectReader.TellDuplicates(servers, file, null, diagnostics);
        foreach (var member in servers.Members.Where(member => !ConfigurationShape.IsComment(member.Name) || declared.Contains(member.Name)))
        {
            var place = new SourcePosition(file, member.Line, member.Column);
            if (!declared.Contains(member.Name))
            {
                var nearest = Names.Nearest(member.Name, declared);
                diagnostics.Add(
                    DiagnosticCodes.UnknownServer, DiagnosticSeverity.Warning, place, null,
                    $"The fleet file declares no server {DiagnosticBag.Quote(member.Name)}; its settings are not used.",
                    nearest is null ? "Remove it, or declare the server." : $"Did you mean {DiagnosticBag.Quote(nearest)}?");
            }
            else if (member.Value.Kind != JsonKind.Object)
            {
                diagnostics.Add(
                    DiagnosticCodes.WrongValueKind, DiagnosticSeverity.Warning, place, member.Name,
                    $"The settings of {DiagnosticBag.Quote(member.Name)} are {member.Value.KindInWords}; defaults are used.", "Write an object.");
            }
            else if (ReferenceEquals(servers.Get(member.Name), member.Value))
            {
                entries[member.Name] = Entry(member.Name, member.Value, declared);
            }
        }

        return entries;
    }

    private SideEntry Entry(string server, JsonValue value, IReadOnlyCollection<string> declared)
    {
        var reader = new ObjectReader(value, ServerKeys, file, server, diagnostics);
        var selfCheck = reader.Texts("selfCheck");
        var settings = new ServerSettings
        {
            Probe = Probe(reader.Reader("probe", "interval", "timeout", "slow")),
            Restart = Restart(reader.Reader(
                "restart", "budget", "window", "initialDelay", "maxDelay", "slowRetry", "startTimeout", "wedgedAfter", "stopGrace")),
            DependsOn = DependsOn(reader, server, declared),
            SelfCheck = selfCheck.Count == 0 ? null : [.. selfCheck.Select(item => item.Text)],
            Package = Package(reader.Reader("package", "registry", "name", "version", "pinnedIn"), value.Get("package"), server),
            Criticality = reader.OneOf("criticality", ServerSettings.Default.Criticality, "low", "normal", "high", "critical"),
            Resources = Resources(reader.Reader("resources", "memory", "cpu")),
            MaintenanceWindows = [.. reader.Texts("maintenanceWindows").Select(item => item.Text)],
            DataDirectories = [.. reader.Texts("dataDirectories").Select(item => Absolute(item.Text, item.Place, server)).OfType<string>()],
        };
        var needs = value.Get("dependsOn") ?? value;
        return new SideEntry(settings, new SourcePosition(file, needs.Line, needs.Column), reader.Object("process"));
    }

    private static ProbeSettings Probe(ObjectReader? reader)
    {
        var defaults = ServerSettings.Default.Probe;
        return reader is null ? defaults : new ProbeSettings
        {
            Interval = reader.Duration("interval", defaults.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            Timeout = reader.Duration("timeout", defaults.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60)),
            Slow = reader.Duration("slow", defaults.Slow, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(60)),
        };
    }

    private static RestartSettings Restart(ObjectReader? reader)
    {
        var defaults = ServerSettings.Default.Restart;
        var (second, hour, day) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1));
        return reader is null ? defaults : new RestartSettings
        {
            Budget = reader.Whole("budget", defaults.Budget, 0, 1000),
            Window = reader.Duration("window", defaults.Window, second, day),
            InitialDelay = reader.Duration("initialDelay", defaults.InitialDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5)),
            MaxDelay = reader.Duration("maxDelay", defaults.MaxDelay, TimeSpan.FromMilliseconds(100), hour),
            SlowRetry = reader.Duration("slowRetry", defaults.SlowRetry, second, day),
            StartTimeout = reader.Duration("startTimeout", defaults.StartTimeout, second, TimeSpan.FromMinutes(10)),
            WedgedAfter = reader.Duration("wedgedAfter", defaults.WedgedAfter, second, day, zero: true),
            StopGrace = reader.Duration("stopGrace", defaults.StopGrace, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60)),
        };
    }

    private List<string> DependsOn(ObjectReader reader, string server, IReadOnlyCollection<string> declared)
    {
        var needed = new List<string>();
        foreach (var (name, place) in reader.Texts("dependsOn"))
        {
            if (declared.Contains(name))
            {
                if (!needed.Contains(name))
                {
                    needed.Add(name);
                }

                continue;
            }

            var nearest = Names.Nearest(name, declared);
            diagnostics.Add(
                DiagnosticCodes.UnknownDependency, DiagnosticSeverity.Warning, place, server,
                $"{DiagnosticBag.Quote(server)} depends on {DiagnosticBag.Quote(name)}, which the fleet file does not declare; this dependency is not used.",
                nearest is null ? "Declare that server, or remove it from `dependsOn`." : $"Did you mean {DiagnosticBag.Quote(nearest)}?");
        }

        return needed;
    }

    private PackageSettings? Package(ObjectReader? reader, JsonValue? value, string server)
    {
        if (reader is null || value is null)
        {
            return null;
        }

        var registry = reader.OneOf("registry", "", "npm", "pypi", "nuget", "oci");
        var (name, version, pinnedIn) = (reader.Text("name"), reader.Text("version"), reader.Text("pinnedIn"));
        if (registry.Length > 0 && !string.IsNullOrWhiteSpace(name))
        {
            var place = new SourcePosition(file, value.Line, value.Column);
            return new PackageSettings(registry, name, version, pinnedIn is null ? null : Absolute(pinnedIn, place, server));
        }

        diagnostics.Add(
            DiagnosticCodes.InvalidValue, DiagnosticSeverity.Warning, new SourcePosition(file, value.Line, value.Column), server,
            "`package` needs a registry and a name; it was left out.", "Write \"registry\" (npm, pypi, nuget or oci) and \"name\".");
        return null;
    }

    private static ResourceSettings? Resources(ObjectReader? reader)
    {
        var memory = reader?.Amount("memory", MemoryUnits, 1L << 50, "a number of bytes, or a text such as \"256Mi\"");
        var cpu = reader?.Amount("cpu", CpuUnits, 4096, "a number of cores, or a text such as \"500m\"");
        return memory is null && cpu is null ? null : new ResourceSettings((long?)memory, cpu);
    }

    private string? Absolute(string path, SourcePosition place, string server)
    {
        var expansion = VariableExpander.Expand(path, scope);
        if (expansion.Missing.Count == 0 && expansion.Text.Length > 0 && !expansion.Text.Contains('\0'))
        {
            return Path.GetFullPath(expansion.Text, folder);
        }

        diagnostics.Add(
            expansion.Missing.Count > 0 ? DiagnosticCodes.UnsetVariable : DiagnosticCodes.InvalidValue, DiagnosticSeverity.Warning, place, server,
            expansion.Missing.Count > 0
                ? $"A path names the variable {DiagnosticBag.Quote(expansion.Missing[0].Name)}, which is not set; the path was left out."
                : "A path is empty or holds a NUL character; it was left out.",
            "Set the variable, or write the path out.");
        return null;
    }
}
