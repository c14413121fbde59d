using System.Collections.Concurrent;
using System.Reflection;
using Fovea.Generator.Tests.Support;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Compiles a declaration through the generator, in memory, and makes an instance: what runs is generated code and nothing else.</summary>
internal static class CompiledModel
{
    private static readonly ConcurrentDictionary<(string Source, string Type), Type> Compiled = new();

    /// <summary>An instance of the named detector with first weights. A warning of the compiler, the generator or the analyzer fails.</summary>
    public static Detector Create(string source, string typeName)
    {
        var type = Compiled.GetOrAdd(
            (source, typeName), model => GeneratorHarness.Run(model.Source).AssertClean().Load().GetType(model.Type, throwOnError: true)!);
        var create = type.GetMethod("Create", BindingFlags.Public | BindingFlags.Static)!;
        return (Detector)create.Invoke(null, [.. create.GetParameters().Select(p => p.DefaultValue)])!;
    }
}
