namespace McpActors.Host.Tests.Cli;

/// <summary>What a node with three servers says.</summary>
internal static class RecordedBodies
{
    public const string Everything = """{"name":"everything","state":"healthy","cause":"Answers.","since":"2026-11-23T02:10:00Z","nextAction":"None.","transport":"stdio","node":"node-1","pid":4711,"package":"@modelcontextprotocol/server-everything","packageVersion":"2026.1.14","protocolVersion":"2025-11-25","era":"2025-11-25","tools":12,"latencyMs":3.25,"restarts":0,"diagnostics":0}""";

    public const string Wedged = """{"name":"wedged","state":"wedged","cause":"The process lives | the protocol is dead.","since":"2026-11-22T23:13:00Z","nextAction":"Look at its log.","transport":"stdio","node":"node-1","pid":4712,"package":null,"packageVersion":null,"protocolVersion":null,"era":null,"tools":null,"latencyMs":null,"restarts":4,"diagnostics":1}""";

    public const string Stopped = """{"name":"we ird/näme","state":"stopped","cause":"Wanted.","since":"2026-11-01T00:00:00Z","nextAction":"None.","transport":null,"node":null,"pid":null,"package":null,"packageVersion":null,"protocolVersion":null,"era":null,"tools":1,"latencyMs":null,"restarts":null,"diagnostics":1}""";

    public const string Config = """{"files":["/fleet/.mcp.json","/fleet/mcpactors.json"],"servers":3,"diagnostics":[{"code":"duplicate_name","severity":"warning","file":"/fleet/.mcp.json","line":12,"column":5,"server":"wedged","message":"The name 'wedged' stands here twice; this one wins.","fix":"Rename one of the two."},{"code":"unknown_key","severity":"info","file":"/fleet/.mcp.json","line":30,"column":7,"server":null,"message":"The key 'colour' is not known.","fix":"Remove it."}]}""";

    public const string EmptyConfig = """{"files":[],"servers":0,"diagnostics":[]}""";

    public const string Probe = """{"at":"2026-11-23T02:12:30Z","outcome":"alive","latencyMs":3.25,"detail":"ping"}""";

    public static string List(params string[] servers) =>
        $$"""{"items":[{{string.Join(',', servers)}}],"nextCursor":null,"count":{{servers.Length}}}""";

    public static IReadOnlyDictionary<string, string> ByTarget { get; } = new Dictionary<string, string>
    {
        ["/api/v1/servers?limit=100"] = List(Everything, Wedged, Stopped),
        ["/api/v1/config"] = Config,
        ["/api/v1/servers/everything"] = Everything.Replace("\"diagnostics\":0}", "", StringComparison.Ordinal) + """
            "declaration":{"command":"npx","args":["-y","server everything"],"envNames":["API_KEY","MODE"],"url":null,"headerNames":[],"file":"/fleet/.mcp.json","line":3,"dependsOn":["wedged"],"criticality":"high"},"diagnostics":[{"code":"unpinned_package","severity":"warning","file":"/fleet/.mcp.json","line":4,"column":9,"server":"everything","message":"The package has no version.","fix":"Pin it."}]}
            """,
        ["/api/v1/servers/we%20ird%2Fn%C3%A4me"] = Stopped,
        ["/api/v1/servers/everything/health"] = $$$"""
            {"name":"everything","state":"degraded","cause":"Slow.","since":"2026-11-23T02:10:00Z","nextAction":"Wait.","era":"2025-11-25","consecutiveFailures":2,"lastProbe":{{{Probe}}},"nextProbeAt":"2026-11-23T02:13:42Z","recentProbes":[{{{Probe}}},{"at":"2026-11-23T02:11:30Z","outcome":"timeout","latencyMs":null,"detail":null}],"history":[{"at":"2026-11-23T02:10:00Z","state":"degraded","cause":"Slow."}],"process":{"pid":4711,"startedAt":"2026-11-23T00:13:00Z","state":"sleeping","processes":2}}
            """,
        ["/api/v1/servers/everything/metrics"] = """
            {"name":"everything","from":"2026-11-23T02:00:00Z","to":"2026-11-23T02:13:00Z","stepSeconds":60,"points":[{"at":"2026-11-23T02:11:00Z","up":true,"latencyMs":12.6,"residentBytes":47395635,"cpuSeconds":1.234,"threads":11,"openFiles":23,"diskReadBytes":0,"diskWriteBytes":2048,"processes":1,"restarts":0},{"at":"2026-11-23T02:12:00Z","up":false,"latencyMs":null,"residentBytes":null,"cpuSeconds":null,"threads":null,"openFiles":null,"diskReadBytes":null,"diskWriteBytes":null,"processes":null,"restarts":1}]}
            """,
        ["/api/v1/servers/everything/logs?tail=100"] = """
            {"name":"everything","lines":[{"at":"2026-11-23T02:12:00Z","stream":"stderr","text":"a || b"},{"at":"2026-11-23T02:12:01Z","stream":"stderr","text":"\u001b[31mred\u001b[0m"}],"count":2,"dropped":3,"garbageLines":1,"oversizedLines":0}
            """,
        ["/api/v1/servers/everything/version"] = """
            {"name":"everything","package":{"ecosystem":"npm","name":"@modelcontextprotocol/server-everything","version":"2026.1.14","pinned":true,"reason":"exact version in args","file":"/fleet/.mcp.json","line":3},"serverInfo":{"name":"mcp-servers/everything","version":"2.0.0","title":"Everything"},"protocolVersion":"2025-11-25","era":"initialize","surface":{"sha256":"ab12","tools":12,"prompts":4,"resources":7,"resourceTemplates":1,"complete":true,"readAt":"2026-11-23T02:03:00Z"}}
            """,
        ["/api/v1/servers/wedged/version"] = """{"name":"wedged","package":null,"serverInfo":null,"protocolVersion":null,"era":null,"surface":null}""",
        ["/api/v1/servers/everything/tools"] = """
            {"name":"everything","sha256":"ab12","items":[{"name":"echo","description":"Echoes.\nTwice.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"idempotentHint":true,"destructiveHint":false}},{"name":"a|b","title":"Only a title","inputSchema":{}}],"nextCursor":null,"count":2}
            """,
        ["/api/v1/cluster"] = """
            {"node":"node-1","address":"akka.tcp://mcpactors@127.0.0.1:4053","leader":"akka.tcp://mcpactors@127.0.0.1:4053","members":[{"address":"akka.tcp://mcpactors@127.0.0.1:4053","status":"up","roles":["node","web"],"upNumber":1},{"address":"akka.tcp://mcpactors@127.0.0.2:4053","status":"joining","roles":[],"upNumber":null}]}
            """,
    };
}
