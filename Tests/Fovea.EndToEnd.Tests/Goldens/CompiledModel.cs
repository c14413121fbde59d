using System.Reflection;
using Fovea.Generator.Tests.Support;

namespace Fovea.EndToEnd.Goldens;

/// <summary>Compiles a declaration through the generator, in memory, and makes an instance: what runs is generated code and nothing else.</summary>
internal static class CompiledModel
{
    /// <summary>An instance of the named detector with first weights. A warning of the compiler, the generator or the analyzer fails.</summary>
    public static Detector Create(string source, string typeName)
    {
        var type = GeneratorHarness.Run(source).AssertClean().Load().GetType(typeName, throwOnError: true)!;
        var create = type.GetMethod("Create", BindingFlags.Public | BindingFlags.Static)!;
        return (Detector)create.Invoke(null, [.. create.GetParameters().Select(p => p.DefaultValue)])!;
    }
}
