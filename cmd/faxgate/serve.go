package main
import "context"
type serveCommand struct{ allSettings }
func (c *serveCommand) run(context.Context, *invocation) error {return nil}
