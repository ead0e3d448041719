using McpActors.Host;

return await NodeCommandLine.RunAsync(args).ConfigureAwait(false);
