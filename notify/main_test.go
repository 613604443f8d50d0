package notify_test

import (
	"testing"

	"github.com/faxgate/faxgate/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
