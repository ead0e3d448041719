CONFIG ?= docs/examples/quickstart/.mcp.json

.PHONY: help build run test format format-check bench install

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

build: ## compile everything, warnings are errors
	dotnet build --nologo

run: ## a node on the example fleet (CONFIG=path for yours)
	dotnet run --project src/McpActors.Host -- --config $(CONFIG)

test: ## all tests; they install what they need from npm
	dotnet test --nologo

format: ## put every file into the house's form
	dotnet format

format-check: ## fail where a file is not in it
	dotnet format --verify-no-changes

bench: ## the README's figures, as ratios to a baseline of the same run
	dotnet run -c Release --project tests/McpActors.Benchmarks

install: ## the command line "mcpactors" for this user
	dotnet pack --nologo -c Release -o artifacts src/McpActors.Cli
	dotnet tool update --global --add-source artifacts --no-cache McpActors.Cli
