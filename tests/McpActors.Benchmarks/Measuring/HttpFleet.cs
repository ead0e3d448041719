using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace McpActors.Benchmarks.Measuring;

/// <summary>Any number of small, correct MCP servers over Streamable HTTP, one path each, inside this process.</summary>
internal sealed class HttpFleet : IAsyncDisposable
{
    private const string Revision = "2025-06-18";

    private readonly WebApplication _app;
    private readonly string _address;

    private HttpFleet(WebApplication app, string address)
    {
        _app = app;
        _address = address;
    }

    /// <summary>Starts listening.</summary>
    public static async Task<HttpFleet> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/s/{name}/mcp", HandleAsync);
        await app.StartAsync().ConfigureAwait(false);
        return new HttpFleet(app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>The address of one server.</summary>
    public Uri Url(int number) => new($"{_address}/s/h{number:0000}/mcp");

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(limit.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<IResult> HandleAsync(HttpRequest request, string name, CancellationToken stop)
    {
        var message = await JsonNode.ParseAsync(request.Body, cancellationToken: stop).ConfigureAwait(false);
        if (message?["id"] is not { } id)
        {
            return Results.Accepted();
        }

        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone() };
        JsonObject? result = message["method"]?.GetValue<string>() switch
        {
            "initialize" => new JsonObject
            {
                ["protocolVersion"] = Revision,
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                ["serverInfo"] = new JsonObject { ["name"] = name, ["version"] = "1.0.0" },
            },
            "ping" => [],
            "tools/list" => new JsonObject
            {
                ["tools"] = new JsonArray(new JsonObject
                {
                    ["name"] = "echo",
                    ["description"] = "Gives back what it is given.",
                    ["inputSchema"] = new JsonObject { ["type"] = "object" },
                }),
            },
            _ => null,
        };
        answer[result is null ? "error" : "result"] = result ?? new JsonObject { ["code"] = -32601, ["message"] = "No such method." };
        return Results.Text(answer.ToJsonString(JsonSerializerOptions.Default), "application/json");
    }
}
