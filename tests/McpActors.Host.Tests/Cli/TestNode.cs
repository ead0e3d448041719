using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpActors.Host.Tests.Cli;

/// <summary>A node on a loopback port that answers what a test tells it to, over real HTTP.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, RequestDelegate> _routes = [];

    private TestNode(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public string Address { get; private set; } = "";

    /// <summary>What was asked, path and query as they came over the wire.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<TestNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        var node = new TestNode(builder.Build());
        node._app.Run(node.AnswerAsync);
        await node._app.StartAsync();
        node.Address = node._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return node;
    }

    /// <summary>A node with a fleet: every route answers as a real node does.</summary>
    public static async Task<TestNode> WithFleetAsync()
    {
        var node = await StartAsync();
        foreach (var (target, body) in RecordedBodies.ByTarget)
        {
            node.On(target, body);
        }

        return node;
    }

    public TestNode On(string target, string body, int status = 200, string type = "application/json") => On(target, async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    });

    public TestNode On(string target, RequestDelegate answer)
    {
        _routes[target] = answer;
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        Asked.Enqueue(target);
        if (_routes.TryGetValue(target, out var answer))
        {
            return answer(context);
        }

        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
