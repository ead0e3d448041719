using System.Text.Json.Nodes;

namespace McpActors.Testing;

/// <summary>A temporary folder with a fleet file, its side file and a node's data folder.</summary>
public sealed class NodeFolder : IDisposable
{
    private readonly JsonObject _servers = [];
    private readonly JsonObject _settings = [];

    /// <summary>The folder, absolute.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("mcpactors-node-").FullName;

    /// <summary>The fleet file that the node reads: its own, or one that several nodes share.</summary>
    public string Config { get => field ?? Path.Combine(Root, ".mcp.json"); init; }

    /// <summary>The data folder.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>The node's id, once it has made one.</summary>
    public string? NodeId => File.Exists(Path.Combine(Data, "node-id")) ? File.ReadAllText(Path.Combine(Data, "node-id")).Trim() : null;

    /// <summary>The names that were declared.</summary>
    public IReadOnlyList<string> Names => [.. _servers.Select(s => s.Key)];

    /// <summary>Declares a stdio server.</summary>
    public NodeFolder Stdio(string name, string command, params string[] args)
    {
        _servers[name] = new JsonObject { ["command"] = command, ["args"] = List(args) };
        return this;
    }

    /// <summary>Declares the fault server over stdio.</summary>
    public NodeFolder Fault(string name, params string[] args) => Stdio(name, Checkout.FaultServer, args);

    /// <summary>Declares a server of npm's fleet, run by node.</summary>
    public NodeFolder Npm(string name, string script, params string[] args) => Stdio(name, "node", [NpmFleet.Path(script), .. args]);

    /// <summary>Declares an HTTP server; the type is <c>http</c> or <c>sse</c>.</summary>
    public NodeFolder Http(string name, string url, string type = "http")
    {
        _servers[name] = new JsonObject { ["type"] = type, ["url"] = url };
        return this;
    }

    /// <summary>Adds a variable to a server, or to the process of an HTTP server.</summary>
    public NodeFolder Env(string name, string variable, string value) => Under(_servers[name]!.AsObject(), "env", variable, value);

    /// <summary>Adds a header to an HTTP server.</summary>
    public NodeFolder Header(string name, string header, string value) => Under(_servers[name]!.AsObject(), "headers", header, value);

    /// <summary>Adds one key of the side file, as JSON.</summary>
    public NodeFolder Setting(string name, string key, string json)
    {
        if (_settings[name] is not JsonObject server)
        {
            _settings[name] = server = [];
        }

        server[key] = JsonNode.Parse(json);
        return this;
    }

    /// <summary>Lets the node start the process of an HTTP server.</summary>
    public NodeFolder Process(string name, string command, string[] args, params (string Name, string Value)[] env)
    {
        var process = new JsonObject { ["command"] = command, ["args"] = List(args) };
        foreach (var (variable, value) in env)
        {
            Under(process, "env", variable, value);
        }

        return Setting(name, "process", process.ToJsonString());
    }

    /// <summary>Writes another file into the folder.</summary>
    public string Write(string name, string text, bool executable = false)
    {
        var path = Path.Combine(Root, name);
        File.WriteAllText(path, text);
        if (executable)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Writes the fleet file and, where there are settings, the side file.</summary>
    public NodeFolder Save()
    {
        Write(".mcp.json", new JsonObject { ["mcpServers"] = _servers.DeepClone() }.ToJsonString());
        if (_settings.Count > 0)
        {
            Write("mcpactors.json", new JsonObject { ["servers"] = _settings.DeepClone() }.ToJsonString());
        }

        return this;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);

    private NodeFolder Under(JsonObject server, string key, string name, string value)
    {
        if (server[key] is not JsonObject values)
        {
            server[key] = values = [];
        }

        values[name] = value;
        return this;
    }

    private static JsonArray List(string[] texts) => [.. texts.Select(t => (JsonNode)t)];
}
